"""Leader callbacks in a real browser: planned, drawn, talked, reopened, exported, counted."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from msgspec.json import encode
from playwright.async_api import Browser, Page, expect

from adapters.model import StateChange
from ivr.leader import example
from ivr.leader.phone.orders import Phase, Telephone, states
from ivr.leader.rules import load
from tests.browser import NARROW, WIDE, Window, window
from tests.ivr.console.conftest import PASSWORD
from tests.ivr.console.leader.conftest import NINE, Callbacks


async def look(opened: Window, name: str, *, english: bool = True) -> None:
    """The page fits a desk's screen and a telephone's; kept as pictures.

    In both languages, unless the page holds what a change of language would lose.
    """
    page = opened.page
    before = page.viewport_size
    assert before is not None
    for language, button, other in (("zh", "English", "中文"), ("en", "中文", "English")):
        if language == "zh" or english:
            for size in (WIDE, NARROW):
                await page.set_viewport_size(size)  # type: ignore[arg-type]
                await opened.fits()
                await opened.picture(f"leader-{name}-{size['width']}-{language}")
        if english:
            await page.get_by_role("button", name=button).click()
            await expect(page.get_by_role("button", name=other)).to_be_visible()
    await page.set_viewport_size(before)


async def order(page: Page) -> list[str]:
    """The tickets of the work list, as they stand."""
    return [
        text[-6:]
        for text in await page.locator(".worklist td:nth-child(2) small").all_inner_texts()
    ]


async def test_a_session_is_planned_and_its_list_drawn(
    browser: Browser, callbacks: Callbacks
) -> None:
    async with window(browser, callbacks.url, NARROW) as opened:
        page = opened.page
        await opened.sign_in("sun", PASSWORD)
        await page.get_by_role("navigation").get_by_role("link", name="领导回访").click()
        await page.goto(f"{callbacks.url}/leader?month=2026-11")
        await page.get_by_text("新排一场").first.click()
        await page.select_option("[name=leader]", "zhou")
        await page.fill("[name=post]", "主要领导")
        await page.select_option("[name=host]", "sun")
        await page.fill("[name=starts]", "2026-11-24T09:00")
        await page.get_by_role("button", name="新排一场").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("周局长")
        await page.get_by_role("button", name="抽取工单").click()
        await expect(page.locator(".worklist tbody tr")).to_have_count(16)
        await expect(page.locator(".worklist")).to_contain_text("办理结果为未解决")
        await expect(page.locator(".worklist")).not_to_contain_text("13800000001")
        # Who is left out, and why; who may not read a confidential one learns no more than that.
        left = page.locator("section[aria-labelledby=drawn]")
        await expect(left).to_contain_text("保密举报件，这位领导没有查看权限")
        for reason in ("明示不要再联系", "信访或诉讼", "就是被投诉对象"):
            await expect(left).to_contain_text(reason)
        before = await order(page)
        await page.get_by_role("button", name="下移 1", exact=True).click()
        await expect(page.locator(".worklist tbody tr").first).to_contain_text(before[1])
        await page.get_by_role("button", name="移出清单 16").click()
        await expect(page.locator(".worklist tr.removed")).to_have_count(1)
        await page.get_by_role("button", name="放回清单").click()
        await expect(page.locator(".worklist tr.removed")).to_have_count(0)
        await page.get_by_role("button", name="复核").click()
        await expect(page.get_by_role("status")).to_contain_text("一致")
        await look(opened, "session")
        # A list begun is not drawn again by another seed unseen: the seed is on record.
        await page.get_by_text("改期", exact=True).first.click()
        await page.locator("form[action$=postpone] [name=starts]").fill("2026-11-25T15:00")
        await page.locator("form[action$=postpone] [name=reason]").fill("市里开会")
        await page.locator("form[action$=postpone] button").click()
        await expect(page.locator("dl")).to_contain_text("市里开会")
        await page.goto(f"{callbacks.url}/leader?month=2026-11")
        await expect(page.locator(".calendar .entry")).to_contain_text("周局长")
        await look(opened, "plan")
    actions = await callbacks.actions()
    for action in ("leader.plan", "leader.draw", "leader.list-down", "leader.postpone"):
        assert action in actions


async def test_a_talk_is_taken_down_and_its_case_followed_to_the_end(
    browser: Browser, callbacks: Callbacks
) -> None:
    _, items = await callbacks.begun()
    await callbacks.talked(items[0])
    async with window(browser, callbacks.url) as opened:
        page = opened.page
        await opened.sign_in("zhou", PASSWORD)
        await page.goto(f"{callbacks.url}/leader?month=2026-11")
        await page.locator(".calendar .entry").click()
        await page.locator(".worklist tbody a").first.click()
        # By keys to the next ticket and back, each time once the page is there with its script.
        await page.wait_for_url(f"**/items/{items[0].item_id}")
        for key, place in (("n", 1), ("p", 0)):
            await expect(page.locator("[name=again]")).to_be_hidden()
            await page.keyboard.press(key)
            await page.wait_for_url(f"**/items/{items[place].item_id}")
        await expect(page.locator(".evidence")).to_contain_text("不认可")
        await expect(page.locator("textarea")).to_have_value(
            "群众意见：路灯还是没有修好，打了三次电话了。\n答复或承诺：我们三天内派人去修。"
        )
        await expect(page.locator(".tag.unconfirmed")).to_be_visible()
        await page.get_by_label("改约").check()
        await expect(page.locator("[name=again]")).to_be_visible()
        await page.get_by_label("已解决且认可").check()
        await expect(page.locator("[name=again]")).to_be_hidden()
        await page.press("textarea", "Control+Enter")
        # The key says otherwise: the form counts, and everybody sees it.
        await expect(page.locator(".evidence.disagrees")).to_contain_text("和表单不一致")
        await page.get_by_label("未解决，诉求合理，重办").check()
        await expect(page.locator("[name=unit]")).to_have_value("市城市管理局")
        await expect(page.locator("#outcome")).to_contain_text("2026-11-30 18:00")
        await page.get_by_label("纪要看过了").check()
        await look(opened, "item", english=False)
        await page.get_by_role("button", name="保存结果").click()
        await expect(page.locator(".tag.confirmed")).to_contain_text("zhou")
        await expect(page.locator(".case")).to_contain_text("重办中")
        await page.evaluate("document.querySelector('audio').play()")
        await page.wait_for_function("document.querySelector('audio').currentTime > 0")
        await look(opened, "item-after")
        # The unit reports, a second call waits, the leader signs.
        later = NINE + timedelta(days=2)
        await callbacks.store.record_state(
            StateChange(items[0].ticket_no, "已反馈", later, "灯已换")
        )
        other = await callbacks.planned(starts=NINE + timedelta(days=3))
        await page.goto(f"{callbacks.url}/leader/cases")
        await expect(page.locator("section[aria-labelledby=waiting] li")).to_have_count(1)
        await look(opened, "cases")
        await page.get_by_role("button", name="放进这一场").last.click()
        await expect(page.locator("section[aria-labelledby=waiting]")).to_have_count(0)
        await page.get_by_role("button", name="签字").click()
        await expect(page.locator("tbody")).to_contain_text("zhou")
    listed = await callbacks.store.leader_items(other.session_id)
    assert [item.purpose for item in listed] in (["confirm"], [])
    actions = await callbacks.actions()
    for action in ("leader.view", "leader.outcome", "leader.sign", "leader.list-confirm"):
        assert action in actions
    assert "recording.listen" in await callbacks.actions("c1")


async def test_a_record_is_exported_by_two_people(
    browser: Browser, callbacks: Callbacks, tmp_path: Path
) -> None:
    made, items = await callbacks.begun()
    await callbacks.talked(items[0])
    async with (
        window(browser, callbacks.url) as asking,
        window(browser, callbacks.url) as allowing,
    ):
        await asking.sign_in("li", PASSWORD)
        await asking.page.goto(f"{callbacks.url}/leader/sessions/{made.session_id}")
        await asking.page.get_by_text("导出这一场的记录").click()
        await asking.page.locator("form[action$=export] [name=reason]").fill("督查室调阅")
        await asking.page.get_by_role("button", name="申请导出").click()
        await expect(asking.page.locator("tbody tr")).to_have_count(1)
        await expect(asking.page.get_by_role("button", name="批准")).to_have_count(0)
        await allowing.sign_in("chen", PASSWORD)
        await allowing.page.goto(f"{callbacks.url}/leader/exports")
        await look(allowing, "exports")
        await allowing.page.get_by_role("button", name="批准").click()
        await expect(allowing.page.locator("tbody")).to_contain_text("已批准")
        await expect(allowing.page.get_by_role("button", name="下载")).to_have_count(0)
        await asking.page.reload()
        async with asking.page.expect_download() as coming:
            await asking.page.get_by_role("button", name="下载").click()
        file = tmp_path / "out.zip"
        await (await coming.value).save_as(file)
        await asking.page.reload()
        await expect(asking.page.locator("tbody")).to_contain_text("已下载")
        await expect(asking.page.get_by_role("button", name="下载")).to_have_count(0)
        (export,) = await callbacks.store.exports()
        assert export.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
        archive = zipfile.ZipFile(io.BytesIO(file.read_bytes()))
        assert any(name.endswith("/c1.wav") for name in archive.namelist())
        # The page in the archive is read without the console.
        archive.extract("index.html", tmp_path)
        context = await browser.new_context(viewport=WIDE)  # type: ignore[arg-type]
        page = await context.new_page()
        await page.goto(f"file://{tmp_path}/index.html")
        await expect(page.locator("body")).to_contain_text("打了三次电话了")
        await Window(context, page, "file://").picture("leader-record")
        await context.close()
    assert not list((callbacks.data_dir / "exports").glob("*"))
    actions = await callbacks.actions(made.session_id)
    for action in ("leader.export-ask", "leader.export-allow", "leader.export-fetch"):
        assert action in actions


async def test_a_year_on_one_page(browser: Browser, callbacks: Callbacks) -> None:
    data = load()
    await callbacks.store.bring_in(example.year(data, 2025))
    first = await callbacks.store.next_item()
    await callbacks.store.bring_in(
        example.year(data, 2024, totals=example.EARLIER, first_item=first)
    )
    async with window(browser, callbacks.url) as opened:
        page = opened.page
        await opened.sign_in("li", PASSWORD)
        await page.goto(f"{callbacks.url}/leader/figures?year=2025")
        figures = page.locator(".figures")
        for number in ("316", "5147", "372"):
            await expect(figures).to_contain_text(number)
        await expect(page.locator("svg.plot")).to_have_count(3)
        await look(opened, "figures")
        async with page.expect_download() as coming:
            await page.get_by_role("link", name="CSV").click()
        path = await (await coming.value).path()
        assert "5147" in Path(path).read_text("utf-8-sig")
        await page.emulate_media(media="print")
        await expect(page.locator("header")).to_be_hidden()
        await opened.picture("leader-print")
        await page.emulate_media(media="screen")


async def test_the_rota_is_proposed_and_taken(browser: Browser, callbacks: Callbacks) -> None:
    async with window(browser, callbacks.url) as opened:
        page = opened.page
        await opened.sign_in("sun", PASSWORD)
        await page.goto(f"{callbacks.url}/leader/rota?from=2026-11-24&count=3&seed=2")
        await expect(page.locator(".picks li")).to_have_count(3)
        await expect(page.locator(".picks")).to_contain_text("未解决 6 件，占")
        await look(opened, "rota")
        await page.locator(".picks input").last.uncheck()
        await page.select_option("[name=host]", "sun")
        await page.get_by_role("button", name="照勾选的排期").click()
        # The host cannot be at two seats at once: the second is refused, and it says so.
        await expect(page.get_by_role("alert")).to_contain_text("那个时间已经有一场")
        await page.goto(f"{callbacks.url}/leader?month=2026-11")
        await expect(page.locator(".calendar .entry")).to_have_count(1)


async def test_the_telephone_on_the_page_hides_the_matter_from_strangers(
    browser: Browser, callbacks: Callbacks, telephone: None
) -> None:
    made, items = await callbacks.begun()
    first = items[0]

    async def phone(phase: Phase, **more: Any) -> None:
        state = Telephone(made.session_id, phase, first.item_id, "c1", **more)
        await callbacks.state.append(states(made.session_id), encode(state), 600.0)

    async with window(browser, callbacks.url) as opened:
        page = opened.page
        await opened.sign_in("zhou", PASSWORD)
        await page.goto(f"{callbacks.url}/leader/sessions/{made.session_id}/items/{first.item_id}")
        matter = page.locator("dl.matter")
        await expect(page.locator("#phone")).to_be_visible()
        # Whoever ends the talk before it is recorded knows what comes of that.
        said, next_step = page.locator("#phone-state"), page.locator("#phone-next")
        await phone("notice")
        await expect(said).to_contain_text("录音告知还没有放完")
        await expect(next_step).to_contain_text("现在就请群众表态，这次通话就没有录音")
        for at in ("opinion", "talking", "ready"):
            await phone(at, unrecorded=True)
            await expect(said).to_have_attribute("data-phase", re.compile(at))
            await expect(said).to_contain_text("这次通话没有录音")
            await expect(said).not_to_contain_text("正在录音")
        await phone("talking")
        await expect(said).to_have_text("通话中，正在录音")
        await expect(next_step).to_be_empty()
        await expect(page.locator("html")).to_have_class("hide-matter")
        await expect(page.locator(".hidden-matter")).to_be_visible()
        assert "blur" in await matter.evaluate("one => getComputedStyle(one).filter")
        await look(opened, "phone", english=False)
        await phone("talking", answerer="citizen")
        await expect(page.locator(".hidden-matter")).to_be_hidden()
        assert await matter.evaluate("one => getComputedStyle(one).filter") == "none"
        # The call is over: what it left stands on the page, unless somebody is writing.
        await callbacks.talked(first)
        await phone("ready", answerer="citizen", opinion="2")
        await expect(page.locator(".evidence")).to_contain_text("不认可")
        await expect(page.locator("textarea")).to_have_value(re.compile("三天内派人去修"))
        # A call whose end nobody saw is settled by who finds out.
        await callbacks.store.open_leader_call(
            first.item_id, "c2", by="zhou", at=callbacks.at, most=2
        )
        await callbacks.store.close_leader_call("c2", "unknown", at=callbacks.at)
        await page.reload()
        await expect(page.locator("form[action$=settle] select")).to_be_visible()
