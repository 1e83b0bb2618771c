"""A leader session on real telephones: leader, host, and citizens who do what citizens do."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import msgspec

from adapters.leader import ClosedTicket, LeaderSession, WorkItem
from ivr.call.services import local_now
from ivr.config import Config
from ivr.leader.phone import orders as do
from ivr.node import Node
from ivr.recording.manifest import read_manifest
from ivr.recording.paths import manifest_of
from ivr.sip.phone import PhoneCall, RobotPhone
from ivr.sip.settings import SeatSettings
from ivr.sip.tones import tone
from tests.calls.line import CALLER, Line, open_line, with_settings
from tests.calls.test_people import channels, strongest
from tests.until import until

LEADER_HZ, CITIZEN_HZ, HOST_HZ = 520.0, 830.0, 1310.0


class Session:
    """A session on an open line, its telephones and its page's view of them."""

    def __init__(self, line: Line, leader: RobotPhone, host: RobotPhone, citizen: RobotPhone):
        self.line = line
        self.leader = leader
        self.host = host
        self.citizen = citizen
        self.stored = LeaderSession("", "", "市级", "", "", local_now())
        self.items: list[WorkItem] = []

    @property
    def node(self) -> Node:
        """The node of the line."""
        return self.line.node

    async def plan(self, tickets: int = 1) -> None:
        """Store a session with so many tickets of the citizen."""
        now = local_now()
        self.stored = await self.node.store.put_leader_session(
            LeaderSession(
                "", "市城市管理局", "市级", "zhou", "周局长", now,
                host="sun", seat="901", host_seat="902", state="进行中", created=now,
            )
        )  # fmt: skip
        for n in range(tickets):
            ticket = ClosedTicket(
                f"BH20261101{n:06d}", "市城市管理局", now - timedelta(days=9), number=CALLER
            )
            item = WorkItem(0, self.stored.session_id, n, ticket.ticket_no, "unsolved", "", ticket)
            self.items.append(await self.node.store.add_leader_item(item))

    async def order(self, order: do.Order) -> None:
        """What the page's buttons do."""
        topic = do.orders(self.stored.session_id)
        await self.node.state.append(topic, msgspec.json.encode(order), 60.0)

    async def states(self) -> list[do.Telephone]:
        """All states of the telephone so far."""
        entries = await self.node.state.history(do.states(self.stored.session_id))
        return [msgspec.json.decode(entry.payload, type=do.Telephone) for entry in entries]

    async def reaches(self, phase: str, after: int = 0, **more: str | int) -> do.Telephone:
        """Wait until the telephone has been in ``phase``, not counting the first states."""
        found: list[do.Telephone] = []

        async def look() -> bool:
            for one in (await self.states())[after:]:
                if one.phase == phase and all(getattr(one, k) == v for k, v in more.items()):
                    found.append(one)
            return bool(found)

        await until(look)
        return found[0]

    async def seat_up(self) -> PhoneCall:
        """Ring the seat; the leader picks up."""
        await self.node.leader_phones.ring_seat(self.stored)
        call = await self.leader.incoming()
        await call.up()
        await self.reaches("ready")
        return call

    async def dial(self, item: int = 0) -> int:
        """Ring the citizen; how many states there were before."""
        before = len(await self.states())
        await self.order(do.Dial("zhou", self.items[item].item_id))
        return before


@asynccontextmanager
async def open_session(data_dir: Path) -> AsyncIterator[Session]:
    """A line with the three telephones of a leader session."""
    async with contextlib.AsyncExitStack() as stack:
        leader, host, citizen = [
            await stack.enter_async_context(RobotPhone(name)) for name in ("901", "902", CALLER)
        ]

        def change(config: Config) -> Config:
            seats = (SeatSettings("901", uri=leader.uri), SeatSettings("902", uri=host.uri))
            config = with_settings(config, "sip", seats=seats)
            config = with_settings(config, "call", targets={CALLER: citizen.uri})
            always = msgspec.structs.replace(config.dialling.leader, hours=("00:00-24:00",))
            return with_settings(config, "dialling", leader=always)

        line = await stack.enter_async_context(open_line(data_dir, change))
        yield Session(line, leader, host, citizen)


async def test_seat_then_citizen_then_host_and_the_citizens_own_word(tmp_path: Path) -> None:
    async with open_session(tmp_path) as here:
        await here.plan()
        leader = await here.seat_up()
        await here.dial()
        citizen = await here.citizen.incoming()
        await citizen.up()
        talking = await here.reaches("talking")
        await leader.play(tone(LEADER_HZ, 3.0), loop=True)
        await citizen.play(tone(CITIZEN_HZ, 3.0), loop=True)
        await citizen.hears_tone(LEADER_HZ)
        await leader.hears_tone(CITIZEN_HZ)
        await here.order(do.Identified("zhou", "citizen"))
        await here.order(do.HostIn("sun", "902"))
        host = await here.host.incoming()
        await host.up()
        await here.reaches("talking", host="joined")
        await host.play(tone(HOST_HZ, 3.0), loop=True)
        await citizen.hears_tone(HOST_HZ)
        await host.hears_tone(CITIZEN_HZ)
        await here.order(do.HostTakesOver("sun"))
        await here.reaches("talking", host="leading")
        await citizen.hush()
        await here.order(do.AskOpinion("zhou"))
        await here.reaches("opinion")
        await citizen.send_key("2")
        await here.reaches("ready", after=3, opinion="2")
        await citizen.over()
        item = here.items[0]
        (call,) = await here.node.store.leader_calls(item.item_id)
        assert (call.result, call.attempt) == ("talked", 1)
        outcome = await here.node.store.leader_outcome(item.item_id)
        assert outcome is not None and outcome.key == "2" and outcome.kind == ""
        (attempt,) = await here.node.store.attempts(matter=f"leader/{item.item_id}")
        assert (attempt.state, attempt.reached) == ("ended", True)
        await here.order(do.Release("zhou"))
        await leader.over()
        await host.over()
        stored = await here.node.store.call(talking.call_id)
        assert stored is not None and stored[0].outcome == "callback"
        audio = tmp_path / stored[0].recording
        left, right = channels(audio)
        assert strongest(left, CITIZEN_HZ) > 0.5
        assert strongest(left, LEADER_HZ) < 0.2
        assert strongest(right, LEADER_HZ) > 0.2
        assert strongest(right, HOST_HZ) > 0.2
        manifest = read_manifest(manifest_of(audio))
        assert manifest.outcome == "complete"
        there = {party.role: (party.name, party.from_ms) for party in manifest.parties}
        assert there["leader"] == ("901", 0)
        assert there["host"][0] == "902" and there["host"][1] > 0


async def test_who_does_not_answer_is_rung_twice_and_never_again(tmp_path: Path) -> None:
    async with open_session(tmp_path) as here:
        await here.plan()
        leader = await here.seat_up()
        here.citizen.refuses(486)
        before = await here.dial()
        await here.reaches("ready", before, reason="busy")
        here.citizen.refuses(603)
        before = await here.dial()
        await here.reaches("ready", before, reason="refused")
        before = await here.dial()
        refused = await here.reaches("ready", before, item_id=here.items[0].item_id)
        assert refused.reason == "tries-used-up"
        results = [one.result for one in await here.node.store.leader_calls(here.items[0].item_id)]
        assert results == ["busy", "refused"]
        await leader.hang_up()
        await here.reaches("over")


async def test_citizen_hangs_up_and_the_leader_goes_on_to_the_next(tmp_path: Path) -> None:
    async with open_session(tmp_path) as here:
        await here.plan(2)
        leader = await here.seat_up()
        for item in (0, 1):
            before = await here.dial(item)
            citizen = await here.citizen.incoming()
            await citizen.up()
            await here.reaches("talking", before)
            await citizen.hang_up()
            await here.reaches("ready", before + 1, item_id=here.items[item].item_id, reason="")
        calls = [
            (await here.node.store.leader_calls(item.item_id))[0].call_id for item in here.items
        ]
        for call_id in calls:
            stored = await here.node.store.call(call_id)
            assert stored is not None and (tmp_path / stored[0].recording).is_file()
        await leader.hang_up()
        await here.reaches("over")


async def test_leader_hanging_up_in_mid_talk_loses_nothing(tmp_path: Path) -> None:
    async with open_session(tmp_path) as here:
        await here.plan()
        leader = await here.seat_up()
        await here.dial()
        citizen = await here.citizen.incoming()
        await citizen.up()
        talking = await here.reaches("talking")
        await citizen.play(tone(CITIZEN_HZ, 1.0))
        await leader.hang_up()
        # Whoever leads hangs up first: the citizen is asked what they think all the same.
        await here.reaches("opinion", leader_left=True)
        await citizen.send_key("3")
        await citizen.over()
        await here.reaches("over")
        (call,) = await here.node.store.leader_calls(here.items[0].item_id)
        assert call.result == "talked"
        outcome = await here.node.store.leader_outcome(here.items[0].item_id)
        assert outcome is not None and outcome.key == "3"
        stored = await here.node.store.call(talking.call_id)
        assert stored is not None and stored[0].ended is not None
        assert strongest(channels(tmp_path / stored[0].recording)[0], CITIZEN_HZ) > 0.5


async def test_leader_may_leave_the_talk_to_the_host(tmp_path: Path) -> None:
    async with open_session(tmp_path) as here:
        await here.plan()
        leader = await here.seat_up()
        await here.dial()
        citizen = await here.citizen.incoming()
        await citizen.up()
        await here.reaches("talking")
        await here.order(do.HostIn("sun", "902"))
        host = await here.host.incoming()
        await host.up()
        await here.reaches("talking", host="joined")
        await leader.hang_up()
        await here.reaches("talking", leader_left=True)
        await citizen.play(tone(CITIZEN_HZ, 3.0), loop=True)
        await host.play(tone(HOST_HZ, 3.0), loop=True)
        await host.hears_tone(CITIZEN_HZ)
        await citizen.hears_tone(HOST_HZ)
        before = len(await here.states())
        await here.order(do.AskOpinion("sun"))
        await here.reaches("opinion")
        await citizen.send_key("1")
        await here.reaches("ready", before, opinion="1")
        await citizen.over()
        # With the last of the house the line is over.
        await host.hang_up()
        await here.reaches("over")
        (call,) = await here.node.store.leader_calls(here.items[0].item_id)
        assert call.result == "talked"
        stored = await here.node.store.call(call.call_id)
        assert stored is not None and stored[0].outcome == "callback"
        right = channels(tmp_path / stored[0].recording)[1]
        assert strongest(right, HOST_HZ) > 0.5
