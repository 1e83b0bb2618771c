"""What a citizen has said at the end is kept, whatever the database does meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from adapters.accounts import User
from adapters.leader import Outcome, WorkItem
from adapters.leader_store import Recorded
from adapters.leader_wire import WireOutcome
from adapters.model import CallRecord, Line
from adapters.ports import NotStored, StoreError
from adapters.reports import Report
from adapters.sql import SqlStore
from ivr.call.services import local_now
from ivr.leader.outcomes import Form, Giver, give
from ivr.leader.phone import keeping
from ivr.leader.phone import orders as do
from ivr.leader.phone.book import CallNotes
from ivr.leader.phone.keeping import Keeping
from ivr.leader.phone.opinion import noted, opinion_in
from ivr.leader.phone.talked import Talked
from ivr.leader.rules import load
from ivr.sip import messages as sip
from tests.adapters.leader_samples import draw, item, session
from tests.ivr.call.desk import PaperVoice
from tests.ivr.leader.test_notice import CITIZEN
from tests.ivr.leader.test_notice import session as telephone
from tests.until import until

TALK = (
    Line("caller", 1.0, 3.0, "路灯还是没有修好。"),
    Line("caller", 9.0, 9.0, "3", by_keys=True),
    Line("note", 9.0, 9.0, noted("3")),
)


@dataclass
class Talks:
    """A session's tickets on a real database; a call of each is over, and stored."""

    store: SqlStore
    items: list[WorkItem]
    kept: int = 0

    @property
    def keeping(self) -> Keeping:
        return Keeping(self.store, self.store, CallNotes(self.store, self.store, (), local_now))

    async def called(self, n: int, node: str = "here") -> Talked:
        """The citizen of an item was called, and pressed 3."""
        call_id = f"c{n}"
        now = local_now()
        await self.store.open_leader_call(self.items[n].item_id, call_id, by="zhou", at=now, most=2)
        await self.store.open_call(CallRecord(call_id, "13800000000", "", now, node))
        await self.store.close_call(
            call_id, ended=now, outcome="callback", recording="", lines=TALK
        )
        return Talked(call_id, "talked", "3")

    async def keep(self) -> None:
        """The call's own record is there already."""
        self.kept += 1

    async def word(self, n: int) -> tuple[str, str]:
        """What the form of an item shows of the talk."""
        known = await self.store.leader_outcome(self.items[n].item_id)
        return (known.key, known.notes) if known is not None else ("", "")


@pytest.fixture
async def talks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Talks]:
    for name in ("AGAIN_S", "LONGEST_S", "PATIENCE_S", "CLOSING_S"):
        monkeypatch.setattr(keeping, name, 0.01)
    store = SqlStore(f"sqlite:///{tmp_path}/leader.db")
    await store.start()
    made = await store.put_leader_session(session(starts=local_now(), state="进行中"))
    items = await store.keep_draw(draw(made.session_id), [item(n) for n in range(3)])
    yield Talks(store, list(items))
    await store.close()


class Away:
    """A database that is away as long as ``on`` for one of its methods."""

    def __init__(self, store: SqlStore, name: str, patch: pytest.MonkeyPatch) -> None:
        self.on, self.tries = True, 0
        method: Callable[..., Awaitable[Any]] = getattr(store, name)

        async def tried(*given: Any, **more: Any) -> Any:
            self.tries += 1
            if self.on:
                raise StoreError("the database is away")
            return await method(*given, **more)

        patch.setattr(store, name, tried)


@pytest.mark.parametrize("name", ["close_leader_call", "record_outcome", "leader_outcome"])
async def test_a_talk_is_kept_once_the_database_is_back(
    talks: Talks, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    talked = await talks.called(0)
    away = Away(talks.store, name, monkeypatch)
    kept = talks.keeping
    await kept.keep(talks.items[0], talks, talked, local_now())
    await until(lambda: away.tries >= 3)
    away.on = False

    async def there() -> bool:
        return (await talks.word(0))[0] == "3"

    await until(there)
    assert await talks.word(0) == ("3", "群众意见：路灯还是没有修好。")
    (call,) = await talks.store.leader_calls(talks.items[0].item_id)
    assert call.result == "talked"
    assert talks.kept == 1
    await kept.close()


async def test_what_cannot_be_stored_ever_is_tried_once(
    talks: Talks, monkeypatch: pytest.MonkeyPatch
) -> None:
    talked = await talks.called(0)
    gone = Talked("no such call", "talked", "1")
    await talks.keeping.keep(talks.items[0], talks, gone, local_now())

    async def there() -> bool:
        return (await talks.word(0))[0] == "1"

    # Its end has no call to belong to: the citizen's word is kept all the same.
    await until(there)
    with pytest.raises(NotStored):
        await talks.store.close_leader_call(gone.call_id, "talked", at=local_now())
    assert talked.call_id != gone.call_id


async def test_the_next_start_of_the_node_finds_it_in_the_transcript(
    talks: Talks, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, elsewhere = await talks.called(0), await talks.called(1, node="there")
    with monkeypatch.context() as patch:
        away = Away(talks.store, "record_outcome", patch)
        kept = talks.keeping
        for n, talked in enumerate((lost, elsewhere)):
            await kept.keep(talks.items[n], talks, talked, local_now())
        await until(lambda: away.tries >= 2)
        await kept.close()
    assert [(await talks.word(n))[0] for n in (0, 1)] == ["", ""]
    await talks.keeping.recover("here")
    assert await talks.word(0) == ("3", "群众意见：路灯还是没有修好。")
    assert await talks.word(1) == ("", "")
    before = await talks.store.leader_outcome(talks.items[0].item_id)
    await talks.keeping.recover("here")
    assert await talks.store.leader_outcome(talks.items[0].item_id) == before


async def test_a_form_given_meanwhile_stands_and_the_platform_is_told_of_the_key(
    talks: Talks, monkeypatch: pytest.MonkeyPatch
) -> None:
    talked = await talks.called(0)
    made = await talks.store.leader_session(talks.items[0].session_id)
    assert made is not None
    await talks.store.put_user(User("zhou", "周局长", ("leader",), "x"))
    form, giver = Form("已解决且认可", "修好了"), Giver("zhou", "周局长", "leader")
    recorded = give(form, giver, None, talks.items[0], made, load(), at=local_now())
    await talks.store.record_outcome(recorded, at=local_now())
    told: list[Report] = []
    record = talks.store.record_outcome

    async def recording(changed: Recorded, *, at: datetime) -> Outcome:
        told.extend(changed.reports)
        return await record(changed, at=at)

    monkeypatch.setattr(talks.store, "record_outcome", recording)
    await talks.keeping.keep(talks.items[0], talks, talked, local_now())

    async def there() -> bool:
        return (await talks.word(0))[0] == "3"

    await until(there)
    assert await talks.word(0) == ("3", "修好了")
    (report,) = told
    wire = msgspec.json.decode(report.body, type=WireOutcome)
    assert (wire.revision, wire.citizen_key, wire.outcome) == (2, "3", "已解决且认可")
    assert (wire.given_by, wire.notes_confirmed) == ("周局长", True)


def test_the_word_is_read_from_the_transcript_the_last_one_of_several() -> None:
    assert opinion_in(TALK) == "3"
    assert opinion_in((*TALK, Line("note", 11.0, 11.0, noted("1")))) == "1"
    assert opinion_in(TALK[:2]) == ""
    assert opinion_in((replace(TALK[2], speaker="caller"),)) == ""
    assert noted("1").endswith("1 认可")


async def test_the_word_is_stored_before_the_call_is_over_and_all_of_it_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with telephone(tmp_path, PaperVoice()) as here:
        await here.answered()
        await here.worker.playing("录音")
        here.heard_out()
        await here.reaches("talking")
        await here.order(do.AskOpinion("zhou"))
        await here.reaches("opinion")
        asked = len(here.worker.told(sip.Play))
        here.worker.tell(sip.Key(CITIZEN, "2", 0))
        (call,) = here.calls

        async def stored() -> str:
            known = await here.store.call(call.call_id)
            return opinion_in(known[1]) if known is not None else ""

        assert await until(stored) == "2"
        # The database is away at the end of the call; it is stored when it is back.
        with monkeypatch.context() as patch:

            async def away(*_: object, **__: object) -> None:
                raise StoreError("the database is away")

            patch.setattr(here.store, "close_call", away)
            # The thanks.
            await here.worker.until(lambda: len(here.worker.told(sip.Play)) > asked)
            here.heard_out()
            here.worker.tell(sip.LegChanged(CITIZEN, "ended"), sip.Recorded("talk.wav", 1000))
            await here.reaches("ready")
        known = await here.store.call(call.call_id)
        assert known is not None and known[0].ended is None
        await call.keep()
        known = await here.store.call(call.call_id)
        assert known is not None and known[0].ended is not None
        assert (known[0].outcome, opinion_in(known[1])) == ("callback", "2")
        await call.keep()
