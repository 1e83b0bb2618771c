"""What Kamailio tells of the calls that it has refused itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ivr.sip.invite import refused
from ivr.sip.messages import Incoming
from ivr.sip.refused import RefusedCalls

NOTE = "10.9.0.1:5060 sip:12345@10.0.0.5 sip:13812345678@10.9.0.1:5060 <null>"


@pytest.mark.parametrize(
    ("note", "caller", "called"),
    [
        (NOTE, "13812345678", "12345"),
        (NOTE.replace("<null>", "tel:+8677912345678"), "+8677912345678", "12345"),
        (NOTE.replace("13812345678", "Anonymous"), "", "12345"),
        ("", "", ""),
    ],
)
def test_who_was_refused(note: str, caller: str, called: str) -> None:
    found = refused(note)
    assert (found.caller, found.called, found.source) == (caller, called, note[:13])
    assert found.call_id != refused(note).call_id


def answer(key: str, note: str = NOTE) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "result": {"key": key, "val": note}, "id": 1}).encode()


def test_a_call_is_told_once_however_often_it_is_tried(tmp_path: Path) -> None:
    told: list[Incoming] = []
    calls = RefusedCalls(tmp_path / "a", tmp_path / "b", told.append)
    assert calls.take(answer("one@phone")) and calls.take(answer("one@phone"))
    assert calls.take(answer("two@phone"))
    assert [one.caller for one in told] == ["13812345678"] * 2
    # The queue is empty, or the answer is none.
    empty = b'{"jsonrpc":"2.0","error":{"code":404,"message":"Empty queue"},"id":1}'
    assert not any(calls.take(reply) for reply in (empty, b'{"result":1}', b"?", b""))
