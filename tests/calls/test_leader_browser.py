"""A whole leader session: three telephones, the pages of leader and host in a real browser."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
from playwright.async_api import Browser, Page, expect

from adapters.accounts import Role, User
from adapters.leader import ClosedTicket, LeaderSession, WorkItem
from ivr.call.services import local_now
from ivr.config import Config
from ivr.console.passwords import hashed
from ivr.sip.phone import PhoneCall, RobotPhone
from ivr.sip.settings import SeatSettings
from ivr.sip.tones import tone
from tests.browser import Window, chromium, window
from tests.calls.line import Line, open_line, with_settings
from tests.calls.test_listening import recorded
from tests.ports import free_port

PASSWORD = "correct horse"
NUMBERS = tuple(f"1390779100{n}" for n in range(4))
SAID = "我们小区门口的路灯坏了半个月了"


def with_seats(config: Config, leader: RobotPhone, host: RobotPhone, citizen: RobotPhone) -> Config:
    """Seats, the way to the citizens, the console; no hour is too late for a test."""
    seats = (SeatSettings("901", uri=leader.uri), SeatSettings("902", uri=host.uri))
    config = with_settings(config, "sip", seats=seats)
    targets = dict.fromkeys(NUMBERS, citizen.uri)
    config = with_settings(config, "call", targets=targets)
    config = with_settings(config, "console", port=free_port())
    always = msgspec.structs.replace(config.dialling.leader, hours=("00:00-24:00",), ring_s=2.0)
    return with_settings(config, "dialling", leader=always, a_minute=60)


async def planned(line: Line) -> LeaderSession:
    """A session with four citizens on its list, and who takes part."""
    store, now = line.node.store, local_now()
    people: tuple[tuple[str, str, Role], ...] = (
        ("zhou", "周局长", "leader"),
        ("sun", "孙主持", "host"),
    )
    password = await hashed(PASSWORD)
    for name, display, role in people:
        await store.put_user(User(name, display, (role,), password, unit="市城市管理局"))
    session = await store.put_leader_session(
        LeaderSession(
            "", "市城市管理局", "市级", "zhou", "周局长", now + timedelta(minutes=1),
            post="局长", host="sun", host_name="孙主持", seat="901", host_seat="902",
            planned=4, state="已确认", created=now,
        )
    )  # fmt: skip
    for n, number in enumerate(NUMBERS):
        ticket = ClosedTicket(
            f"BH2026110100000{n}", "市城市管理局", now - timedelta(days=9), type="投诉",
            title="路灯不亮", content="小区门口路灯坏了半个月", contact_name=f"陈先生{n}",
            number=number, result="未解决", satisfaction="不满意",
        )  # fmt: skip
        item = WorkItem(0, session.session_id, n, ticket.ticket_no, "unsolved", "未解决", ticket)
        await store.add_leader_item(item)
    return session


async def press(page: Page, order: str) -> None:
    """Press a button of the telephone, once it may be."""
    button = page.locator(f"#phone button[data-order={order}]:not([hidden])").first
    await expect(button).to_be_enabled()
    await button.click()


async def shows(page: Page, words: str) -> None:
    """Wait until the telephone says so."""
    await expect(page.locator("#phone-state")).to_contain_text(words)


async def give(page: Page, kind: str) -> None:
    """Fill in the form and save it."""
    await page.check(f"input[name=kind][value={kind}]")
    await page.press("textarea[name=notes]", "Control+Enter")
    await expect(page.locator("#outcome")).to_contain_text("填写：")


class Sitting:
    """Leader and host at their pages, in the middle of their session."""

    def __init__(self, line: Line, session: LeaderSession, leader: Window, host: Window) -> None:
        self.line = line
        self.session = session
        self.leader = leader
        self.host = host
        self.at = f"/leader/sessions/{session.session_id}"

    async def begin(self) -> list[int]:
        """Sign in, look at the list, begin; the items."""
        for one, name in ((self.leader, "zhou"), (self.host, "sun")):
            await one.sign_in(name, PASSWORD)
            await one.page.goto(one.url + self.at)
        await self.leader.page.locator("button[form=step-start]").click()
        await expect(self.leader.page.locator(".state")).to_contain_text("进行中")
        await self.leader.picture("leader-session")
        found = await self.line.node.store.leader_items(self.session.session_id)
        return [item.item_id for item in found]

    async def turn_to(self, item: int) -> None:
        """Both turn to the next citizen."""
        for one in (self.leader, self.host):
            await one.page.goto(f"{one.url}{self.at}/items/{item}")

    async def talks(self, citizen: RobotPhone) -> PhoneCall:
        """Ring the citizen, who answers; their end of the call."""
        await press(self.leader.page, "Dial")
        call = await citizen.incoming()
        await call.up()
        await shows(self.leader.page, "通话中")
        return call


@pytest.mark.timeout(300)
async def test_a_whole_session(tmp_path: Path) -> None:
    async with (
        RobotPhone("901") as seat,
        RobotPhone("902") as host_seat,
        RobotPhone("citizen") as citizen,
        open_line(tmp_path, lambda c: with_seats(c, seat, host_seat, citizen)) as line,
        chromium() as browser,
    ):
        session = await planned(line)
        await sitting(browser, line, session, seat, host_seat, citizen)
        store = line.node.store
        kinds = [one.kind for one in (await store.leader_outcomes(session.session_id)).values()]
        assert sorted(kinds) == sorted(("已解决且认可", "未接通", "未解决诉求合理重办", "未接通"))
        (case,) = await store.reopenings(session_id=session.session_id)
        assert (case.owner, case.unit) == ("zhou", "市城市管理局")
        counts = (await store.leader_counts(session.starts.date(), _after(session)))[""]
        assert (counts.called, counts.reached, counts.interviewed) == (4, 2, 2)
        assert (counts.agreed, counts.reopened, counts.missed) == (1, 1, 2)


def _after(session: LeaderSession) -> date:
    return session.starts.date() + timedelta(days=1)


async def sitting(
    browser: Browser,
    line: Line,
    session: LeaderSession,
    seat: RobotPhone,
    host_seat: RobotPhone,
    citizen: RobotPhone,
) -> None:
    """The session, from its beginning to the last citizen."""
    console = line.node.config.console
    url = f"http://{console.host}:{console.port}"
    async with window(browser, url) as leader, window(browser, url) as host:
        here = Sitting(line, session, leader, host)
        items = await here.begin()

        # The first answers, is content and says so; the host comes in on the way.
        await here.turn_to(items[0])
        await press(leader.page, "seat")
        seat_call = await seat.incoming()
        await seat_call.up()
        await shows(leader.page, "专席已接通")
        call = await here.talks(citizen)
        # Nobody reads the matter out to a stranger: it cannot be read before it is known who it is.
        html = leader.page.locator("html")
        await expect(html).to_have_class("hide-matter")
        await press(leader.page, "Identified")
        await expect(html).not_to_have_class("hide-matter")
        await call.play(recorded(SAID))
        await expect(leader.page.locator("#phone-talk .caller")).to_contain_text("路灯")
        await expect(host.page.locator("#phone-talk .caller")).to_contain_text("路灯")
        await press(host.page, "HostIn")
        host_call = await host_seat.incoming()
        await host_call.up()
        await shows(host.page, "主持人已加入")
        await host_call.play(tone(830, 2.0), loop=True)
        await call.hears_tone(830)
        await leader.picture("leader-talk")
        await press(host.page, "HostOut")
        await host_call.over()
        await press(leader.page, "AskOpinion")
        await shows(leader.page, "请群众表态")
        await call.send_key("1")
        await call.over()
        # A talk that is over brings a fresh page by itself, to both.
        for one in (leader, host):
            await expect(one.page.locator(".evidence")).to_contain_text("认可")
        await give(leader.page, "已解决且认可")
        await leader.picture("leader-outcome")

        # The second refuses; the third hangs up in mid-talk; the fourth lets it ring.
        await here.turn_to(items[1])
        citizen.refuses(603)
        await press(leader.page, "Dial")
        assert await (await citizen.incoming()).over() == 603
        await shows(leader.page, "拒接")
        await give(leader.page, "未接通")
        await here.turn_to(items[2])
        citizen.answers()
        call = await here.talks(citizen)
        await call.hang_up()
        await shows(leader.page, "专席已接通")
        for one in (leader, host):
            await expect(one.page.locator("#calls")).to_be_visible()
        await give(leader.page, "未解决诉求合理重办")
        await here.turn_to(items[3])
        citizen.lets_ring()
        await press(leader.page, "Dial")
        await shows(leader.page, "无人接听")
        await give(leader.page, "未接通")
        await press(leader.page, "Release")
        await seat_call.over()
        await leader.page.goto(url + here.at)
        await leader.page.locator("button[form=step-end]").click()
        await expect(leader.page.locator(".state")).to_contain_text("已结束")
