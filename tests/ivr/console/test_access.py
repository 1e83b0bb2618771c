"""Signing in, sessions, roles, CSRF, and what goes on record."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from ivr.console.access import SESSION
from ivr.console.passwords import WeakPassword, hashed, right
from tests.ivr.console.conftest import PASSWORD, Site


def csrf(page: str) -> str:
    found = re.search(r'name="csrf" content="([^"]+)"', page)
    assert found is not None
    return found[1]


async def actions(site: Site) -> list[tuple[str, str]]:
    return [(entry.user, entry.action) for entry in reversed(await site.accounts.audited())]


async def test_signing_in_leads_to_the_pages_one_may_see(site: Site) -> None:
    status, text = await site.get("/")
    assert status == 200 and 'name="password"' in text
    status, text = await site.sign_in("li")
    assert status == 200 and 'href="/board"' in text and "LI" in text
    assert await site.get("/board") == (200, "board")
    assert await actions(site) == [("li", "sign-in"), ("li", "board.view")]


@pytest.mark.parametrize(
    ("name", "password"),
    [("li", "wrong password"), ("nobody", PASSWORD), ("gone", PASSWORD), ("", ""), ("li", "")],
)
async def test_what_does_not_sign_in(site: Site, name: str, password: str) -> None:
    status, text = await site.sign_in(name, password)
    assert status == 403 and "用户名或密码不对" in text
    assert not [cookie for cookie in site.browser.cookie_jar if cookie.key == SESSION]
    assert ("", "sign-in.failed") in await actions(site)


async def test_guessing_is_slowed_down(site: Site) -> None:
    for _ in range(8):
        await site.sign_in("li", "wrong password")
    status, text = await site.sign_in("li")
    assert status == 403 and "尝试次数太多" in text


async def test_roles_are_kept_and_a_refusal_is_on_record(site: Site) -> None:
    await site.sign_in("wang")
    status, text = await site.get("/board")
    assert status == 403 and "没有权限" in text
    assert await site.get("/anyone") == (200, "anyone")
    assert ("wang", "refused") in await actions(site)


async def test_an_administrator_may_see_everything(site: Site) -> None:
    await site.sign_in("root")
    assert await site.get("/board") == (200, "board")


async def test_a_user_without_roles_is_told_so(site: Site) -> None:
    _, text = await site.sign_in("new")
    assert "没有任何角色" in text


async def test_without_a_session_nothing_is_shown(site: Site) -> None:
    status, text = await site.get("/board")
    assert 'name="password"' in text
    status, text = await site.get("/board", headers={"Accept": "application/json"})
    assert status == 401 and "error" in text
    status, _ = await site.post("/change")
    assert status == 401


async def test_a_change_needs_the_sessions_secret(site: Site) -> None:
    _, home = await site.sign_in("li")
    assert (await site.post("/change"))[0] == 400
    assert (await site.post("/change", csrf="x"))[0] == 400
    assert (await site.post("/change", csrf=csrf(home)))[0] == 200
    headers = {"X-CSRF-Token": csrf(home)}
    async with site.browser.post(site.server.url + "/change", headers=headers) as response:
        assert response.status == 200


async def test_a_session_in_use_goes_on_and_one_left_alone_ends(site: Site) -> None:
    await site.sign_in("li")
    for _ in range(4):
        site.clock.pass_by(20)
        assert (await site.get("/board"))[1] == "board"
    site.clock.pass_by(31)
    assert 'name="password"' in (await site.get("/board"))[1]


async def test_signing_out_ends_the_session_on_the_server(site: Site) -> None:
    _, home = await site.sign_in("li")
    cookies = {cookie.key: cookie.value for cookie in site.browser.cookie_jar}
    await site.post("/sign-out", csrf=csrf(home))
    site.browser.cookie_jar.update_cookies(cookies)
    assert 'name="password"' in (await site.get("/board"))[1]


async def test_a_disabled_user_is_out_at_once(site: Site) -> None:
    await site.sign_in("li")
    user = await site.accounts.user("li")
    assert user is not None
    await site.accounts.put_user(replace(user, disabled=True))
    assert 'name="password"' in (await site.get("/board"))[1]


async def test_the_cookie_and_the_headers_are_strict(site: Site) -> None:
    form = {"name": "li", "password": PASSWORD}
    url = site.server.url + "/sign-in"
    async with site.browser.post(url, data=form, allow_redirects=False) as response:
        cookie = response.headers["Set-Cookie"]
        assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    async with site.browser.get(site.server.url + "/nothing") as response:
        assert response.status == 404
        assert response.headers["Cache-Control"] == "no-store"
        assert "没有这一页" in await response.text()


async def test_a_fault_is_a_plain_page(site: Site) -> None:
    await site.sign_in("li")
    status, text = await site.get("/broken")
    assert status == 500 and "出错了" in text and "a fault" not in text


async def test_english_and_back(site: Site) -> None:
    await site.sign_in("li")
    _, text = await site.post("/language", back="/")
    assert "Hello, LI" in text and 'lang="en"' in text
    _, text = await site.post("/language", back="//elsewhere.example/")
    assert "您好，LI" in text


async def test_names_are_shown_as_text(site: Site) -> None:
    _, text = await site.sign_in('"><script>alert(1)</script>', "x")
    assert "<script>alert" not in text


async def test_passwords() -> None:
    with pytest.raises(WeakPassword, match="10"):
        await hashed("short")
    known = await hashed(PASSWORD)
    assert PASSWORD not in known and known.startswith("$argon2id$")
    assert await right(PASSWORD, known)
    assert not await right(PASSWORD + "x", known)
    assert not await right(PASSWORD, None)
    assert not await right(PASSWORD, "not a hash")
