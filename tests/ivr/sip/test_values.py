"""The parts of the SIP side that need no telephone: wire, keys, players, recordings, headers."""

from __future__ import annotations

import os
import re
import resource
import signal
import typing
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.sip import messages as m
from ivr.sip import wire
from ivr.sip.call_audio import CallAudio
from ivr.sip.invite import header, incoming, user_of
from ivr.sip.keys import TWIN_S, KeyFilter
from ivr.sip.media import FRAME_BYTES, Caller, LegSound, Player
from ivr.sip.mixing import interleaved, joined, mixed
from ivr.sip.recorder import Recorder
from ivr.sip.settings import SipSettings
from ivr.sip.sound import BadSound, read_wav
from ivr.sip.tones import frequency_power, loudness, tone

from .sounds import channels, write_wav

# --- wire ---------------------------------------------------------------------------------

SAMPLES: list[tuple[msgspec.msgpack.Decoder[typing.Any], m.Message]] = [
    (wire.from_worker, m.Hello(1, 2, 5100)),
    (wire.from_worker, m.Incoming("c", "139", "12345", "10.0.0.1:5060")),
    (wire.from_worker, m.LegChanged(1, "failed", 486, "Busy Here")),
    (wire.from_worker, m.Audio(0, 40, b"\0\1" * 320)),
    (wire.from_worker, m.Key(0, "#")),
    (wire.from_worker, m.Played(7, 300, False)),
    (wire.from_worker, m.Recorded("/a.wav", 10)),
    (wire.from_worker, m.Masked(40, 900)),
    (wire.from_worker, m.NotFree("c")),
    (wire.from_worker, m.WorkerFault("盘满")),
    (wire.to_worker, m.Welcome("sip:a@b", "/p.wav")),
    (wire.to_worker, m.Answer()),
    (wire.to_worker, m.Reject(503, 10)),
    (wire.to_worker, m.StartRecording("/a.wav", (0, 2))),
    (wire.to_worker, m.StopRecording()),
    (wire.to_worker, m.Wire(2, 1, False)),
    (wire.to_worker, m.MaskRecording("caller", 120)),
    (wire.to_worker, m.Play(1, ("/a.wav", "/b.wav"), 2, True)),
    (wire.to_worker, m.StopPlay(1)),
    (wire.to_worker, m.Dial(1, "sip:a@b", 3.0, {"X-A": "b"})),
    (wire.to_worker, m.Originate("c", "sip:a@b", 3.0, {"X-A": "b"})),
    (wire.to_worker, m.SendKey(1, "7")),
    (wire.to_worker, m.Bridge(0, 1)),
    (wire.to_worker, m.Unbridge(0, 1)),
    (wire.to_worker, m.HangUpLeg(1)),
    (wire.to_worker, m.Drain()),
]


def test_no_message_is_forgotten_here() -> None:
    known = set(typing.get_args(m.FromWorker)) | set(typing.get_args(m.ToWorker))
    assert {type(message) for _, message in SAMPLES} == known


@given(st.data())
def test_messages_survive_any_cut_of_the_stream(data: st.DataObject) -> None:
    for decoder in (wire.from_worker, wire.to_worker):
        messages = [message for kind, message in SAMPLES if kind is decoder]
        stream = b"".join(map(wire.pack, messages))
        cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
        pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
        unpacker: wire.Unpacker[typing.Any] = wire.Unpacker(decoder)
        assert [message for piece in pieces for message in unpacker.feed(piece)] == messages


@pytest.mark.parametrize("junk", [b"\xff" * 8, b"\0\0\0\1\xc1", b"\0\0\0\2\x81\xa1"])
def test_what_is_no_message_is_an_error(junk: bytes) -> None:
    with pytest.raises(wire.WireError):
        list(wire.Unpacker(wire.to_worker).feed(junk))


# --- keys ---------------------------------------------------------------------------------


def test_both_methods_close_together_are_one_press() -> None:
    keys = KeyFilter()
    assert keys.pressed("5", "rfc4733", 1.0)
    assert not keys.pressed("5", "info", 0.99 + TWIN_S)


def test_both_methods_far_apart_are_two_presses() -> None:
    keys = KeyFilter()
    assert keys.pressed("5", "rfc4733", 1.0)
    assert keys.pressed("5", "info", 1.1 + TWIN_S)


def test_a_key_held_down_waits_for_its_twin() -> None:
    keys = KeyFilter()
    assert keys.pressed("5", "rfc4733", 1.0)
    keys.still_down("5", 2.0)
    assert not keys.pressed("5", "info", 2.2)


def test_each_press_has_one_twin() -> None:
    keys = KeyFilter()
    signals = [("rfc4733", 1.0), ("info", 1.05), ("rfc4733", 1.1), ("info", 1.15)]
    assert [keys.pressed("5", method, at) for method, at in signals] == [  # type: ignore[arg-type]
        True,
        False,
        True,
        False,
    ]


def test_late_twins_of_two_quick_presses_are_both_known() -> None:
    keys = KeyFilter()
    signals = [("rfc4733", 1.0), ("rfc4733", 1.1), ("info", 1.2), ("info", 1.25)]
    assert [keys.pressed("5", method, at) for method, at in signals] == [  # type: ignore[arg-type]
        True,
        True,
        False,
        False,
    ]


def test_different_keys_are_never_twins() -> None:
    keys = KeyFilter()
    assert keys.pressed("5", "rfc4733", 1.0)
    assert keys.pressed("6", "info", 1.0)


# --- sound --------------------------------------------------------------------------------


def played_by(player: Player) -> bytes:
    return b"".join(iter(player.next_frame, None))


@given(st.binary(max_size=2000).map(lambda pcm: pcm[: len(pcm) // 2 * 2]))
def test_a_player_sends_everything_once_in_whole_frames(pcm: bytes) -> None:
    player = Player(1, pcm, loop=False)
    sent = played_by(player)
    assert sent[: len(pcm)] == pcm
    assert len(sent) % FRAME_BYTES == 0
    assert not any(sent[len(pcm) :])
    assert player.ms == len(pcm) // 16


@given(st.integers(1, 700))
def test_a_looping_player_has_no_gap(samples: int) -> None:
    pcm = np.arange(1, samples + 1, dtype="<i2").tobytes()
    player = Player(1, pcm, loop=True)
    sent = b"".join(player.next_frame() or b"" for _ in range(12))
    assert len(sent) == 12 * FRAME_BYTES
    assert sent == (pcm * (len(sent) // len(pcm) + 1))[: len(sent)]


def test_the_time_line_has_a_row_for_every_tick_whatever_comes() -> None:
    other = LegSound()
    caller = Caller((other,))
    caller.running = True
    caller.player = Player(1, b"\1\0" * 160, loop=False)
    for heard in (None, b"\2\0" * 160, None):
        caller.wanted()
        other.heard(b"\3\0" * 160 if heard else None)
        caller.heard(heard)
    rows = list(caller.rows)
    assert [row.played is not None for row in rows] == [True, False, False]
    assert joined([row.caller for row in rows])[FRAME_BYTES] == 2
    assert [row.others[0] is not None for row in rows] == [False, True, False]


def test_mixing_saturates_instead_of_wrapping() -> None:
    loud = np.full(4, 30000, "<i2").tobytes()
    assert np.frombuffer(mixed([loud, loud]), "<i2").tolist() == [32767] * 4
    assert interleaved(b"\1\0", b"\2\0") == b"\1\0\2\0"


def test_a_recording_is_readable_while_it_is_made(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    recorder = Recorder(str(path))
    assert channels(path) == (b"", b"")
    left, right = tone(700, 0.04), tone(440, 0.04)
    for _ in range(50):
        recorder.write(left, right)
    # Nothing is closed: what a killed process would leave.
    so_far, _ = channels(path)
    assert 1.4 < len(so_far) / 16000 <= 2.0
    recorder.close()
    assert channels(path) == (left * 50, right * 50)
    assert recorder.ms == 2000


def test_frequencies_are_told_apart() -> None:
    both = mixed([tone(700, 0.2), tone(1100, 0.2)])
    assert 0.4 < frequency_power(both, 700) < 0.6
    assert frequency_power(tone(700, 0.2), 700) > 0.99
    assert frequency_power(tone(700, 0.2), 1100) < 0.01
    assert frequency_power(bytes(3200), 700) == 0.0
    assert loudness(b"") == 0.0


@pytest.mark.parametrize("kind", ["missing", "empty", "text", "stereo", "wideband"])
def test_a_file_that_cannot_be_played_is_named(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"{kind}.wav"
    if kind in ("stereo", "wideband"):
        good = write_wav(path, 440, 0.1).read_bytes()
        at, value = (22, b"\2\0") if kind == "stereo" else (24, (16000).to_bytes(4, "little"))
        path.write_bytes(good[:at] + value + good[at + len(value) :])
    elif kind != "missing":
        path.write_bytes(b"" if kind == "empty" else b"hello, this is no sound at all")
    with pytest.raises(BadSound, match=kind):
        read_wav(str(path))


# --- headers ------------------------------------------------------------------------------

INVITE = (
    "INVITE sip:0779-12345@10.0.0.9:5060;user=phone SIP/2.0\r\n"
    'f: "Zhang" <sip:13900001111;x=1@gw.example>;tag=1\r\n'
    "X-Hotline-Source: 10.0.0.1:5062\r\n"
    "\r\n"
)


def test_short_header_names_and_parameters_are_understood() -> None:
    said = incoming(INVITE, "127.0.0.1:5090", proxied=True)
    assert (said.caller, said.called) == ("13900001111", "0779-12345")
    assert said.source == "10.0.0.1:5062"


def test_source_header_counts_only_behind_kamailio() -> None:
    assert incoming(INVITE, "10.9.9.9:5060", proxied=False).source == "10.9.9.9:5060"


def test_withheld_numbers_are_empty() -> None:
    invite = INVITE.replace("13900001111;x=1@gw.example", "anonymous@anonymous.invalid")
    assert incoming(invite, "", proxied=True).caller == ""


@given(st.text(max_size=200))
def test_no_header_is_too_strange(text: str) -> None:
    said = incoming(f"INVITE {text}\r\nFrom: {text}\r\n\r\n", "a", proxied=True)
    assert said.call_id
    user_of(text)
    header(text, "From")


# --- walls --------------------------------------------------------------------------------


def test_only_one_package_imports_pjsua2() -> None:
    root = Path(__file__).parents[3]
    importers = {
        str(path.parent.relative_to(root))
        for package in ("ivr", "asr", "flows", "adapters")
        for path in (root / package).rglob("*.py")
        if re.search(r"^\s*(import|from) pjsua2", path.read_text(encoding="utf-8"), re.M)
    }
    assert importers == {"ivr/sip/pj"}


def test_only_its_owner_may_read_a_recording(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        Recorder(str(tmp_path / "call.wav")).close()
    finally:
        os.umask(before)
    assert (tmp_path / "call.wav").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("when", ["in mid-call", "at its end"])
def test_a_recording_that_the_disk_had_no_room_for_is_not_told_as_whole(
    tmp_path: Path, when: str
) -> None:
    told: list[m.FromWorker] = []
    audio = CallAudio()
    audio.record(str(tmp_path / "call.wav"))
    audio.start()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        caller = audio.sounds[0]
        for _ in range(100 if when == "in mid-call" else 20):
            caller.wanted()
            caller.heard(b"\1\0" * 160)
            audio.pump((), told.append, everything=True)
        audio.stop(told.append)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    faults = [message for message in told if isinstance(message, m.WorkerFault)]
    assert len(faults) == 1 and "recording" in faults[0].text
    assert not [message for message in told if isinstance(message, m.Recorded)]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "hotline.example"])
def test_single_mode_is_refused_where_strangers_could_reach_it(host: str) -> None:
    with pytest.raises(ValueError, match="single"):
        SipSettings(single=True, host=host, public_host="192.0.2.7")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_single_mode_is_for_loopback(host: str) -> None:
    assert SipSettings(single=True, host=host).single
