"""A call that breaks off, and the next one of the same number."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from adapters.memory import MemoryStore
from flows import commands as do
from flows.events import Answered, Dropped, HungUp
from flows.ticket import Application, TicketDraft
from ivr.call.services import local_now
from ivr.sip import messages as sip
from tests.ivr.call import desk as desk_module
from tests.ivr.call.desk import INCOMING, open_desk
from tests.ivr.call.scripted import NOTICE, ScriptedTalk, asks

DRAFT = TicketDraft("办件", complete=False, application=Application("0602", "done"))


async def call_that_leaves(
    tmp_path: Path, store: MemoryStore, *at_end: do.AnyCommand, reason: str = ""
) -> Answered:
    """One call that ends with ``at_end``; how it was answered."""
    talk = ScriptedTalk((NOTICE, *asks("请说")))
    talk.at_end = at_end
    async with open_desk(tmp_path, store=store, talk=talk) as desk:
        await desk.heard_out("本次通话将被录音")
        await desk.worker.playing("请说")
        desk.worker.tell(sip.LegChanged(0, "ended", reason=reason))
        await desk.hang_up()
    (answered,) = talk.heard(Answered)
    assert [event.broke_off for event in talk.heard(HungUp)] == [reason == "media-timeout"]
    return answered


def another_call(monkeypatch: pytest.MonkeyPatch, number: int, caller: str = "") -> None:
    """The next call is another one."""
    incoming = msgspec.structs.replace(
        INCOMING, call_id=f"call-{number}", caller=caller or INCOMING.caller
    )
    monkeypatch.setattr(desk_module, "INCOMING", incoming)


async def test_the_next_call_gets_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    first = await call_that_leaves(tmp_path, store, do.FileTicket(DRAFT), reason="media-timeout")
    assert first.dropped is None
    (number,) = await store.tickets_of("call-1")
    another_call(monkeypatch, 2)
    second = await call_that_leaves(tmp_path, store)
    assert second.dropped == Dropped(DRAFT, number)
    another_call(monkeypatch, 3)
    assert (await call_that_leaves(tmp_path, store)).dropped is None


async def test_another_number_gets_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    await call_that_leaves(tmp_path, store, do.FileTicket(DRAFT))
    another_call(monkeypatch, 2, "13900000000")
    assert (await call_that_leaves(tmp_path, store)).dropped is None


@pytest.mark.parametrize("caller", ["anonymous", "1001", "+"])
async def test_a_withheld_number_or_an_extension_resumes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caller: str
) -> None:
    store = MemoryStore()
    another_call(monkeypatch, 1, caller)
    await call_that_leaves(tmp_path, store, do.FileTicket(DRAFT))
    another_call(monkeypatch, 2, caller)
    assert (await call_that_leaves(tmp_path, store)).dropped is None


@pytest.mark.parametrize("change", [{"complete": True}, {"emergency_kind": "em.gas"}])
async def test_what_is_finished_or_an_emergency_is_not_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
) -> None:
    store = MemoryStore()
    draft = msgspec.structs.replace(DRAFT, **change)
    await call_that_leaves(tmp_path, store, do.FileTicket(draft))
    another_call(monkeypatch, 2)
    assert (await call_that_leaves(tmp_path, store)).dropped is None


async def test_after_an_hour_it_is_too_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MemoryStore()
    at = local_now() - timedelta(minutes=61)
    await store.keep_dropped(INCOMING.caller, Dropped(DRAFT, "BH1"), at=at)
    assert (await call_that_leaves(tmp_path, store)).dropped is None
