"""The desk by keyboard alone, in English, and when its connection comes and goes."""

from __future__ import annotations

from msgspec.structs import replace
from playwright.async_api import Browser, Page, expect

from flows.ticket import Application, FieldValue, Recognised
from ivr import control, live
from ivr.console import eventstream
from tests.browser import NARROW, WIDE, Window, window
from tests.ivr.console.conftest import PASSWORD
from tests.ivr.console.desk.conftest import CALLER, LAMP, Office
from tests.until import until

GAS = replace(LAMP, recognised=Recognised("em.gas", "燃气泄漏", 1.0), emergency_kind="em.gas")


async def focus_on(page: Page, selector: str, most: int = 40) -> None:
    """Go on with Tab until the element has the focus."""
    for _ in range(most):
        if await page.evaluate("one => document.activeElement?.matches(one)", selector):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached with Tab")


async def english(opened: Window, office: Office) -> Page:
    page = opened.page
    await opened.sign_in("wang", PASSWORD)
    await page.goto(f"{office.url}/desk")
    await page.get_by_role("button", name="English").click()
    await expect(page.locator("h1")).to_have_text("Operator desk")
    return page


async def pick(page: Page, key: str, words: str) -> None:
    await page.keyboard.press(key)
    await expect(page.locator("#pick-find")).to_be_focused()
    await page.keyboard.type(words)
    await expect(page.locator("#pick-list [aria-selected=true]")).to_contain_text(words)
    await page.keyboard.press("Enter")
    await expect(page.locator("#pick")).to_be_hidden()


async def press_again(page: Page, key: str) -> None:
    """The second press; on a machine so slow that it counts as the first, the third."""
    await page.keyboard.press(key)
    await page.keyboard.press(key)


async def ordered(office: Office, *wanted: control.Order) -> None:
    """Until these orders have been given, those to keep the ticket aside."""

    async def there() -> bool:
        given = [one for one in await office.orders("c1") if not isinstance(one, control.Keep)]
        return given == list(wanted)

    await until(there)


async def test_a_call_by_keyboard_alone_in_english(browser: Browser, office: Office) -> None:
    async with window(browser, office.url, WIDE) as opened:
        page = await english(opened, office)
        await focus_on(page, "#seat")
        await focus_on(page, "#sign-on button")
        await page.keyboard.press("Enter")
        status = page.locator("#status")
        await expect(status).to_have_text("Ready")
        await page.keyboard.press("Alt+p")
        await expect(page.locator("#do-pause")).to_be_focused()
        await page.locator("#do-pause").select_option("用餐")
        await expect(status).to_have_text("用餐")
        await page.keyboard.press("Alt+p")
        await expect(status).to_have_text("Ready")
        await page.keyboard.press("Alt+/")
        await expect(page.locator("#help")).to_contain_text("Hold")
        await opened.picture("desk-help-1280")
        await page.keyboard.press("Escape")

        await office.offer("c1", draft=GAS)
        await office.shown("c1")
        await expect(page.locator("#emergency")).to_contain_text("燃气泄漏")
        await page.keyboard.press("Alt+n")
        await expect(page.locator("#caller")).to_have_text(CALLER)
        await expect(page.locator("#f-contact_number")).to_have_value(CALLER)
        await office.talks("c1")
        await expect(status).to_have_text("Talking")
        await page.keyboard.press("Alt+h")
        await office.parties("c1", ("operator", "seat:801"), held=True)
        await expect(page.locator("[data-order=hold]")).to_contain_text("Unhold")
        await page.keyboard.press("Alt+h")
        await office.parties("c1", ("operator", "seat:801"))
        await page.keyboard.press("Alt+m")
        await pick(page, "Alt+w", "119")
        await office.parties("c1", ("operator", "seat:801"), ("guest", "119"), held=True)
        await expect(page.locator("#parties")).to_contain_text("119 消防救援")
        await expect(page.locator("[data-order=blind]")).to_be_disabled()
        await opened.picture("desk-consult-1280")
        await page.keyboard.press("Alt+c")
        await page.keyboard.press("Alt+r")
        await page.keyboard.press("Alt+o")
        await office.parties("c1", ("operator", "seat:801"))
        await expect(page.locator("[data-order=blind]")).to_be_enabled()
        await pick(page, "Alt+t", "802")
        await page.keyboard.press("Alt+x")
        await expect(page.locator("[data-order=end]")).to_contain_text("Press again")
        await press_again(page, "Alt+x")
        await ordered(
            office,
            control.Hold("wang"),
            control.Hold("wang", False),
            control.Mute("wang"),
            control.Consult("wang", "119"),
            control.Conference("wang"),
            control.Retrieve("wang"),
            control.Complete("wang"),
            control.Blind("wang", "seat:802"),
            control.End("wang"),
        )
        for event, words in (
            (live.PartyRefused("c1", "guest", "119", "busy"), "119 消防救援 was not reached: busy"),
            (live.OrderRefused("c1", "wang", "Complete", "still-ringing"), "Still ringing"),
        ):
            await office.happens(event)
            await expect(page.locator("#toasts")).to_contain_text(words)
        for key, selector in (("Alt+i", "#f-intent"), ("Alt+k", "#search"), ("Alt+j", "#lines")):
            await page.keyboard.press(key)
            await expect(page.locator(selector)).to_be_focused()


async def test_what_was_typed_is_not_lost_to_what_is_heard(
    browser: Browser, office: Office
) -> None:
    async with window(browser, office.url, WIDE) as opened:
        page = await english(opened, office)
        await page.get_by_role("button", name="Sign on").click()
        await office.offer("c1")
        await office.shown("c1")
        await office.talks("c1")
        place = page.locator("#f-place")
        await place.focus()
        await page.keyboard.type("侨中")
        # While the operator types, the caller says another place.
        await office.says("c1", "caller", "在银海区侨港镇侨北路12号", 20)
        await expect(page.locator("#lines")).to_contain_text("侨北路12号")
        await page.keyboard.type("社区门口")
        await page.keyboard.press("Tab")
        await expect(page.locator("[data-field=place]")).to_have_class("field wide kept")
        await expect(place).to_have_value("侨中社区门口")
        call = office.pages.desks.find("801")
        assert call is not None and call.call is not None
        assert call.call.filling.draft.place.place == "侨中社区门口"


async def test_a_connection_that_comes_and_goes(browser: Browser, office: Office) -> None:
    async with window(browser, office.url, NARROW) as opened:
        page = await english(opened, office)
        await page.get_by_role("button", name="Sign on").click()
        await office.offer("c1")
        await office.shown("c1")
        await office.talks("c1")
        await office.says("c1", "caller", "第一句话说的是这个", 20)
        await expect(page.locator("#lines")).to_contain_text("第一句")
        await page.fill("#f-occurred", "昨天晚上")
        # The server lets go of every page; the phone call does not notice.
        await eventstream.close(office.server.app)
        await office.says("c1", "caller", "第二句话说的是那个", 25)
        await expect(page.locator("#lines")).to_contain_text("第二句")
        await expect(page.locator("#f-occurred")).to_have_value("昨天晚上")
        # A page loaded anew knows all of it, and that its operator sits there.
        await page.reload()
        await expect(page.locator("#status")).to_have_text("Talking")
        await expect(page.locator("#lines .caller")).to_have_count(4)
        await expect(page.locator("#f-occurred")).to_have_value("昨天晚上")
        await opened.fits()
        # Nothing was filed: leaving it so takes two presses.
        await office.tell("801", control.Gone("c1", "ended"))
        status = page.locator("#status")
        await expect(status).to_have_text("Wrap-up")
        await page.keyboard.press("Alt+u")
        await expect(page.locator("#toasts")).to_contain_text("not filed")
        await expect(status).to_have_text("Wrap-up")
        await press_again(page, "Alt+u")
        await expect(status).to_have_text("Ready")
        # A node that began anew knows nothing of the seat: it is signed on again.
        await office.pages.desks._parts.seats.sign_off("801")
        await until(lambda: _signed_on(office))
        await opened.picture("desk-english-390")


async def _signed_on(office: Office) -> bool:
    return [seat.user for seat in await office.state.seats()] == ["wang"]


async def test_a_services_form_is_filled_and_corrected(browser: Browser, office: Office) -> None:
    private = FieldValue("id_no", "身份证号", "450502199001011233", private=True)
    lost = Application("0602", "done", (FieldValue("name", "姓名", "陈大文"), private))
    draft = replace(LAMP, type="办件", service="0602", application=lost)
    async with window(browser, office.url, WIDE) as opened:
        page = await english(opened, office)
        await page.get_by_role("button", name="Sign on").click()
        await office.offer("c1", draft=draft)
        await office.shown("c1")
        await office.talks("c1")
        name = page.locator("[id='f-application.name']")
        await expect(name).to_have_value("陈大文")
        secret = page.locator("[id='f-application.id_no']")
        await expect(secret).to_have_attribute("placeholder", "450***********1233")
        await office.says("c1", "caller", "我手机号是13812345678", 20)
        await expect(page.locator("[id='f-application.mobile']")).to_have_value("13812345678")
        await name.fill("李小明")
        await name.press("Tab")
        await expect(page.locator("[data-field='application.name']")).to_have_class("field kept")
        await secret.fill("450502199001011234")
        await secret.press("Tab")
        await expect(page.locator("[data-field='application.id_no']")).to_have_class("field wrong")
        await expect(secret).to_have_value("")
        await secret.fill("450502198503070028")
        await secret.press("Tab")
        await expect(page.locator("[data-field='application.id_no']")).to_have_class("field kept")
        await expect(secret).to_have_attribute("placeholder", "450***********0028")
        await opened.picture("desk-service-1280")
        assert "450502199001011233" not in await page.content()
    desk = office.pages.desks.find("801")
    assert desk is not None and desk.call is not None
    application = desk.call.filling.draft.application
    assert application is not None
    values = {field.slot: field.value for field in application.fields}
    assert values["name"] == "李小明" and values["mobile"] == "13812345678"
    assert values["id_no"] == "450502198503070028"
