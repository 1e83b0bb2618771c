"""A node that died while somebody told of an emergency: its next start has them rung."""

from __future__ import annotations

from pathlib import Path

from adapters.memory import MemoryStore
from ivr.config import Config
from ivr.recovery import recover
from tests.adapters.samples import LINES, NOON, call, draft
from tests.adapters.test_notice_store import alarms, gas


async def test_an_emergency_cut_off_by_the_nodes_death_is_called_back(tmp_path: Path) -> None:
    store = MemoryStore(alarms=alarms)
    await store.open_call(call("call-1", node="test"))
    urgent = await store.file_ticket("call-1", gas(), LINES, at=NOON)
    await store.open_call(call("call-2", node="test"))
    other = await store.file_ticket("call-2", draft(), LINES, at=NOON)
    await recover(store, Config(node="test", data_dir=tmp_path))
    (task,) = await store.ring_backs(urgent.ticket_no)
    assert (task.reason, task.state) == ("broken-off", "waiting")
    assert await store.ring_backs(other.ticket_no) == []
    # Starting once more asks for nothing else.
    await recover(store, Config(node="test", data_dir=tmp_path))
    assert len(await store.ring_backs(urgent.ticket_no)) == 1
