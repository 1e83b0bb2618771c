"""The duty engineer's and the administrator's pages in a real browser."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import cast

import msgspec
import numpy as np
import pytest
from playwright.async_api import Browser, Page, expect

from asr.engine import Level
from flows.yamlfile import data_root
from ivr.speech.pcm import to_pcm, wav_bytes
from tests.browser import NARROW, WIDE, Window, window
from tests.ivr.console.conftest import PASSWORD
from tests.ivr.console.duty.conftest import Ears, House, line, refused

SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])


async def go(opened: Window, name: str) -> Page:
    """To a page by the navigation, at which nothing sticks out."""
    await opened.page.get_by_role("navigation").get_by_role("link", name=name).click()
    await expect(opened.page.get_by_role("heading", level=1)).to_have_text(name)
    await opened.fits()
    return opened.page


@SIZES
async def test_health_backlog_check_and_configuration(
    browser: Browser, house: House, size: dict[str, int]
) -> None:
    house.open_line = line({"802"}, pid=os.getpid())
    cast(Ears, house.decoder).pressed(Level.NO_PARTIALS)
    number = await house.parked_ticket("c1")
    await house.parked_ticket("c2")
    refused(house, "menus.yaml line 7: main.1: no such service")
    async with window(browser, house.url, size) as opened:
        await opened.sign_in("gong", PASSWORD)
        page = await go(opened, "值班")
        gauge = page.locator(".gauge")
        for name, text in (
            ("数据库", "hotline.db"), ("投递", "2"), ("语音识别", "已停即时结果"),
            ("SIP 工作进程", "3 / 3"), ("Kamailio", "进程"), ("坐席话机", "801"),
            ("流程数据", "修改被拒"), ("短信", "市平台"),
        ):  # fmt: skip
            await expect(gauge.filter(has_text=name).first).to_contain_text(text)
        await expect(page.locator("#duty-refused")).to_contain_text("menus.yaml line 7")
        await expect(page.locator("#duty-lanes")).to_contain_text("已停，要人处理")
        await opened.picture(f"duty-{size['width']}")
        # The page renews itself.
        cast(Ears, house.decoder).pressed(Level.KEYS)
        await expect(gauge.filter(has_text="语音识别")).to_contain_text("只用按键")
        row = page.locator("#duty-parked tbody tr").filter(has_text=number)
        await expect(row).to_contain_text("缺少行政区划代码")
        await row.get_by_role("button", name="再次投递").click()
        await expect(page.locator("#duty-parked tbody tr")).to_have_count(1)
        await page.locator("#retry-tickets").click()
        await expect(page.locator("#duty-parked")).to_have_count(0)
        await page.get_by_role("link", name="配置").click()
        await expect(page.locator("tr", has_text="platform.secret")).to_contain_text("不显示")
        body = await page.content()
        for secret in ("not for anybody", "not-this-either", "0123456789abcdef"):
            assert secret not in body
        await expect(page.locator("tr", has_text="store.url")).to_contain_text("db.example")
        await opened.fits()
        await opened.picture(f"configuration-{size['width']}")
        await page.get_by_role("button", name="English").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Configuration")
        await opened.fits()
        await opened.picture(f"duty-en-{size['width']}")
    assert house.delivered == 2 and not await house.store.outbox.parked()
    actions = await house.actions()
    assert ("outbox.retry", number, "tickets") in actions
    assert {"duty.view", "duty.configuration"} <= {action for action, _, _ in actions}


async def test_the_check_names_file_and_line(
    browser: Browser, house: House, tmp_path: Path
) -> None:
    """A city's own flow data with a mistake in them; looked at in a process apart."""
    own = shutil.copytree(Path(str(data_root())), tmp_path / "flows")
    house.config = msgspec.structs.replace(house.config, flows_dir=str(own))
    async with window(browser, house.url) as opened:
        await opened.sign_in("gong", PASSWORD)
        page = await go(opened, "值班")
        menus = own / "menus.yaml"
        lines = menus.read_text(encoding="utf-8").splitlines()
        menus.write_text("\n".join([*lines, "nonsense: 1"]) + "\n", encoding="utf-8")
        await page.get_by_role("button", name="检查事项目录").click()
        found = page.locator("section", has_text="检查结果")
        await expect(found).to_contain_text(f"menus.yaml line {len(lines) + 1}")
        await expect(found).to_contain_text("故障")
        await opened.fits()
        await opened.picture("duty-check")
    assert "duty.check" in {action for action, _, _ in await house.actions()}


@SIZES
async def test_emergencies_are_signed_for_and_taken_over(
    browser: Browser, house: House, size: dict[str, int]
) -> None:
    first, second = await house.emergency("c1"), await house.emergency("c2")
    async with window(browser, house.url, size) as opened:
        await opened.sign_in("gong", PASSWORD)
        page = await go(opened, "值班")
        await expect(page.get_by_role("alert")).to_contain_text("2 件紧急事件")
        page = await go(opened, "紧急签收")
        shown = page.locator(f"#open-{first}")
        await expect(shown).to_contain_text("厨房煤气漏了")
        await expect(shown.locator("li")).to_have_count(2)
        await opened.picture(f"emergencies-{size['width']}")
        await shown.get_by_label("签收人").first.fill("燃气公司 陈工")
        await shown.get_by_role("button", name="记为签收").first.click()
        await expect(page.locator(f"#open-{first}")).to_have_count(0)
        await page.locator(f"#open-{second}").get_by_role("button", name="由热线接手").click()
        await expect(page.locator("#open-none")).to_be_visible()
    signed = await house.store.emergency(first)
    assert signed is not None and signed.state == "signed"
    assert signed.notices[0].signed_by == "燃气公司 陈工（GONG代记）"
    taken = await house.store.emergency(second)
    assert taken is not None and (taken.state, taken.ended_by) == ("handed-over", "GONG")
    actions = [(action, subject) for action, subject, _ in await house.actions()]
    for expected in (
        ("emergency.view", first),
        ("emergency.sign", first),
        ("emergency.take", second),
    ):
        assert expected in actions


def sound(path: Path, seconds: float, level: float) -> Path:
    """A WAV file with a tone in it."""
    at = np.arange(int(8000 * seconds)) / 8000
    path.write_bytes(wav_bytes(to_pcm((np.sin(at * 2700) * level).astype(np.float32))))
    return path


@SIZES
async def test_a_prompt_is_heard_replaced_and_taken_back(
    browser: Browser, house: House, tmp_path: Path, size: dict[str, int]
) -> None:
    own = house.config.speech.prompts_dir
    assert own is not None
    async with window(browser, house.url, size) as opened:
        await opened.sign_in("gong", PASSWORD)
        page = await go(opened, "提示音")
        await expect(page.locator("#prompts > li")).to_have_count(50)
        await page.fill("[name=words]", "greet.notice")
        await page.keyboard.press("Enter")
        item = page.locator("#prompts > li").first
        await expect(item).to_contain_text("录音")
        async with page.expect_response(lambda found: found.url.find("/sound") > 0) as answer:
            await item.get_by_role("button", name="试听").click()
        assert (await (await answer.value).body())[:4] == b"RIFF"
        # What is not fit is refused with its reason and changes nothing.
        broken = tmp_path / "broken.wav"
        broken.write_bytes(b"RIFF nonsense")
        await item.locator("input[type=file]").set_input_files(broken)
        await expect(item.locator(".measured")).to_contain_text("不能用")
        await expect(item.get_by_role("button", name="启用")).to_be_disabled()
        quiet = sound(tmp_path / "quiet.wav", 0.4, 0.05)
        await item.locator("input[type=file]").set_input_files(quiet)
        await expect(item.locator(".measured")).to_contain_text("响度 -20 dBFS")
        await item.get_by_label("统一响度").uncheck()
        await expect(item.locator(".measured")).to_contain_text("轻很多")
        await opened.fits()
        await opened.picture(f"prompts-{size['width']}")
        assert not list(own.glob("*.wav"))
        await item.get_by_label("统一响度").check()
        await expect(item.locator(".measured")).to_contain_text("响度 -20 dBFS")
        await item.get_by_role("button", name="启用").click()
        await expect(item.get_by_role("button", name="换回自带录音")).to_be_visible()
        assert [path.name for path in own.glob("*.wav")] == ["greet.notice.wav"]
        await expect(item.locator(".state")).to_have_text("自录")
        await item.get_by_role("button", name="换回自带录音").click()
        await expect(item.get_by_role("button", name="换回自带录音")).to_have_count(0)
        # A refused upload is logged by the browser itself.
        opened.trouble = [trouble for trouble in opened.trouble if "422" not in trouble]
    assert not list(own.glob("*.wav"))
    assert len(list((own / ".replaced").iterdir())) == 1
    actions = [(action, subject) for action, subject, _ in await house.actions()]
    assert ("prompt.replace", "greet.notice") in actions and (
        "prompt.back",
        "greet.notice",
    ) in actions


@SIZES
async def test_users_and_the_record_of_what_they_did(
    browser: Browser, house: House, size: dict[str, int]
) -> None:
    async with window(browser, house.url, size) as opened:
        await opened.sign_in("root", PASSWORD)
        page = await go(opened, "用户")
        add = page.locator("section", has=page.get_by_role("heading", name="添加用户"))
        await add.get_by_label("用户名").fill("陈六")
        await add.get_by_label("显示名").fill("陈 <b>六")
        await add.get_by_label("坐席").fill("803")
        await add.get_by_label("话务员").check()
        await add.get_by_role("button", name="添加用户").click()
        password = await page.locator("#password").inner_text()
        row = page.locator(".people > li").filter(has_text="陈六")
        await expect(row).to_contain_text("陈 <b>六")
        await row.locator("summary").click()
        await row.get_by_label("班长").check()
        await opened.fits()
        await opened.picture(f"users-{size['width']}")
        await row.get_by_role("button", name="保存").click()
        await expect(page.locator(".people > li").filter(has_text="陈六")).to_contain_text("班长")
        # Nobody takes their own administration away.
        row = page.locator(".people > li").filter(has_text="root")
        await row.locator("summary").click()
        await row.get_by_label("停用").check()
        await row.get_by_role("button", name="保存").click()
        await expect(page.get_by_role("alert")).to_contain_text("不能撤掉自己")
        opened.trouble = [trouble for trouble in opened.trouble if "400" not in trouble]
        page = await go(opened, "操作记录")
        await page.fill("[name=action]", "user")
        await page.keyboard.press("Enter")
        await expect(page.locator("tbody tr")).to_have_count(2)
        await expect(page.locator("tbody")).to_contain_text("陈六")
        await opened.fits()
        await opened.picture(f"audit-{size['width']}")
        async with page.expect_download() as download:
            await page.get_by_role("link", name="CSV").click()
        text = Path(await (await download.value).path()).read_text(encoding="utf-8-sig")
        assert text.splitlines()[0] == "at,user,action,subject,detail,address"
        assert len(text.splitlines()) == 3
    async with window(browser, house.url) as opened:
        await opened.sign_in("陈六", password)
        await expect(opened.page.get_by_role("link", name="紧急签收").first).to_be_visible()
    made = await house.store.user("陈六")
    assert made is not None and made.roles == ("operator", "supervisor") and made.seat == "803"
    assert password not in str(await house.actions())


async def test_every_page_in_english_on_a_telephone(browser: Browser, house: House) -> None:
    await house.emergency("c1")
    await house.parked_ticket("c2")
    await house.parked_notice("c3")
    await house.parked_report("c4")
    async with window(browser, house.url, NARROW) as opened:
        page = opened.page
        await opened.sign_in("root", PASSWORD)
        await page.get_by_role("button", name="English").click()
        for path, title in (
            ("/duty", "On duty"),
            ("/duty/configuration", "Configuration"),
            ("/emergencies", "Emergencies"),
            ("/prompts", "Prompts"),
            ("/users", "Users"),
            ("/audit", "Audit record"),
        ):
            await page.goto(house.url + path)
            await expect(page.get_by_role("heading", level=1)).to_have_text(title)
            await opened.fits()
            await opened.picture(f"en-{title.lower().replace(' ', '-')}-390")
