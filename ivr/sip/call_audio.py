"""A call's sound in the worker's own thread: playing, recording, sending on to the node."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Iterable

from ivr.sip import messages as m
from ivr.sip.mask import RecordingMask, Sides
from ivr.sip.media import FRAME_MS, SILENCE, Caller, LegSound, Player, Row
from ivr.sip.mixing import joined, mixed
from ivr.sip.processes import MAX_LEGS
from ivr.sip.recorder import Recorder

Send = Callable[[m.FromWorker], None]

CALLER = 0
BATCH = 2
# A media clock that stands still for longer than this does not catch up by itself.
STALL_MS = 600


class CallAudio:
    """The sounds of a worker's legs and the time line that they share."""

    def __init__(self) -> None:
        others = tuple(LegSound() for _ in range(MAX_LEGS - 1))
        self._caller = Caller(others)
        self.sounds: tuple[LegSound, ...] = (self._caller, *others)
        self._recorder: Recorder | None = None
        self._began = 0.0
        self._line_ms = 0
        self._recording_from_ms = 0
        self._mask = RecordingMask()
        self._left: frozenset[int] = frozenset((CALLER,))

    @property
    def at_ms(self) -> int:
        """Now, on the recording's time line; 0 while nothing is recorded."""
        return self._line_ms - self._recording_from_ms if self._recorder is not None else 0

    def start(self) -> None:
        """The caller is connected: the time line begins."""
        self._caller.rows.clear()
        for sound in self.sounds:
            sound.take_heard()
            sound.take_played()
        self._began = time.monotonic()
        self._line_ms = self._recording_from_ms = 0
        self._mask = RecordingMask()
        self._caller.running = True

    def stop(self, send: Send) -> None:
        """The call is over: close the recording and say so."""
        self._caller.running = False
        self._caller.rows.clear()
        for index in range(MAX_LEGS):
            self.stop_play(index, send)
        self.end_recording(send)

    def end_recording(self, send: Send) -> None:
        """Close the recording, if there is one, and say so."""
        at_ms = self.at_ms
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            self._tell_masked(self._mask.end(at_ms), send)
            try:
                recorder.close()
            except OSError as error:
                send(m.WorkerFault(f"recording: {error}"))
            else:
                send(m.Recorded(recorder.path, recorder.ms))

    def record(self, path: str, left: Iterable[int] = (CALLER,)) -> None:
        """Record from here on, the legs ``left`` on the left channel. Raises OSError."""
        if self._recorder is None:
            self._recorder = Recorder(path)
            self._left = frozenset(left)
            self._mask = RecordingMask()
            self._recording_from_ms = self._line_ms

    def mask(self, sides: Sides, from_ms: int | None = None) -> None:
        """Record silence for ``sides`` from here on. Raises OSError.

        All sound up to now must have been handled (:meth:`pump` with ``everything``).
        """
        if self._recorder is None:
            return
        self._mask.set(sides, self.at_ms, from_ms)
        if sides and from_ms is not None:
            self._recorder.silence(max(0, from_ms), both=sides == "all")

    def key_pressed(self) -> None:
        """The caller keys something private: from here on the others are silent, too."""
        if self._recorder is not None and self._mask.sides == "caller":
            self._mask.set("all", self.at_ms)

    def play(self, leg: int, number: int, pcm: bytes, loop: bool) -> None:
        """Send ``pcm`` to ``leg`` from its next frame on."""
        self.sounds[leg].player = Player(number, pcm, loop)

    def stop_play(self, leg: int, send: Send) -> None:
        """Stop what ``leg`` is being played, and say how far it came."""
        player, self.sounds[leg].player = self.sounds[leg].player, None
        if player is not None:
            send(m.Played(player.number, player.ms, player.done))

    def pump(
        self, up: Iterable[int], send: Send, everything: bool, shared: Collection[int] = ()
    ) -> bool:
        """Handle what the media thread has left since the last time.

        ``up`` are the legs that are connected, ``shared`` those that another leg hears: they
        and the caller are recorded. Returns whether something played to the caller has come
        to its end.
        """
        rows = self._caller.rows
        if self._caller.running:
            self._bridge_stall()
        least = 1 if everything else BATCH
        while len(rows) >= least:
            self._handle([rows.popleft() for _ in range(min(BATCH, len(rows)))], up, send, shared)
        finished = False
        for index, sound in enumerate(self.sounds):
            if sound.player is not None and sound.player.done:
                finished |= index == CALLER
                self.stop_play(index, send)
        return finished

    def _bridge_stall(self) -> None:
        rows = self._caller.rows
        behind = (time.monotonic() - self._began) * 1000 - self._line_ms
        if not rows and behind > STALL_MS:
            missing = Row(None, None, (None,) * (MAX_LEGS - 1))
            rows.extend([missing] * int(behind // FRAME_MS))

    def _handle(
        self, batch: list[Row], up: Iterable[int], send: Send, shared: Collection[int]
    ) -> None:
        caller = joined([row.caller for row in batch])
        spoken = {
            index: joined([row.others[index - 1] for row in batch])
            for index in range(1, MAX_LEGS)
            if any(row.others[index - 1] is not None for row in batch)
        }
        at_ms = self.at_ms
        for index in up:
            pcm = caller if index == CALLER else spoken.get(index, SILENCE * len(batch))
            send(m.Audio(index, at_ms, pcm))
        if self._recorder is not None:
            played = joined([row.played for row in batch])
            tracks = self._tracks(caller, played, spoken, shared)
            self._write(*self._mask.apply(*tracks, at_ms), send)
        self._line_ms += FRAME_MS * len(batch)
        self._tell_masked(self._mask.over(self.at_ms), send)

    def _tracks(
        self, caller: bytes, played: bytes, spoken: dict[int, bytes], shared: Collection[int]
    ) -> tuple[bytes, bytes]:
        left: list[bytes] = []
        right = [played]
        (left if CALLER in self._left else right).append(caller)
        for index, pcm in spoken.items():
            if index in shared:
                (left if index in self._left else right).append(pcm)
        return mixed(left) if left else bytes(len(caller)), mixed(right)

    def _tell_masked(self, stretch: tuple[int, int] | None, send: Send) -> None:
        if stretch is not None:
            send(m.Masked(*stretch))

    def _write(self, left: bytes, right: bytes, send: Send) -> None:
        recorder = self._recorder
        assert recorder is not None
        try:
            recorder.write(left, right)
        except OSError as error:
            # The conversation is worth more than its recording. No `Recorded`: it is not whole.
            self._recorder = None
            send(m.WorkerFault(f"recording stopped: {error}"))
            with contextlib.suppress(OSError):
                recorder.close()
