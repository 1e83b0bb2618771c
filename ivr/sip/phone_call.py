"""One call of a robot phone, as the program that uses the phone sees it."""

from __future__ import annotations

import asyncio
import wave
from collections import deque
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Literal

import msgspec

from ivr.sip import phone_messages as p
from ivr.sip.media import FRAME_BYTES, RATE
from ivr.sip.sound import read_wav
from ivr.sip.tones import frequency_power

# Longer than anything takes on a busy machine, so that what does not come is missed for sure.
WAIT_S = 30.0


class PhoneError(Exception):
    """The phone or its call did not do what was expected; the message says what happened."""


class Frame(msgspec.Struct, frozen=True):
    """20 ms heard, ``at`` a monotonic second: the same clock as ``time.monotonic`` here."""

    at: float
    pcm: bytes


class Said(msgspec.Struct, frozen=True):
    """When something was said: monotonic seconds of its first and last frame."""

    began: float
    ended: float


class PhoneCall:
    """One call of a robot phone."""

    def __init__(self, tell: Callable[[p.ToPhone], None], number: int, invite: str = "") -> None:
        self._tell = tell
        self._number = number
        self._news = asyncio.Condition()
        self._said: dict[int, asyncio.Future[Said]] = {}
        self._utterance = 0
        self._streams: set[asyncio.Queue[Frame | None]] = set()
        self._frames: deque[Frame] = deque(maxlen=50 * 60 * 20)
        self.invite = invite
        self.states: list[p.PhoneState] = []
        self.keys: list[str] = []
        self.codec = ""
        self.code = 0
        self.reason = ""

    # --- states --------------------------------------------------------------------------

    @property
    def is_up(self) -> bool:
        """Connected and not yet ended."""
        return "up" in self.states and not self.ended

    @property
    def ended(self) -> bool:
        """Over, for whatever reason; ``code`` is the SIP status."""
        return "ended" in self.states

    async def reaches(self, state: p.PhoneState, timeout_s: float = WAIT_S) -> None:
        """Wait for ``state``. Raises :class:`PhoneError` if the call ends or time runs out."""
        await self._until(lambda: state in self.states or self.ended, timeout_s, state)
        if state not in self.states:
            raise PhoneError(f"call ended with {self.code} {self.reason} instead of {state}")

    async def up(self, timeout_s: float = WAIT_S) -> None:
        """Wait until the call is answered."""
        await self.reaches("up", timeout_s)

    async def over(self, timeout_s: float = WAIT_S) -> int:
        """Wait until the call is over; returns the SIP status that ended it."""
        await self._until(lambda: self.ended, timeout_s, "ended")
        return self.code

    async def _until(self, true: Callable[[], bool], timeout_s: float, what: str) -> None:
        async with self._news:
            try:
                await asyncio.wait_for(self._news.wait_for(true), timeout_s)
            except TimeoutError:
                raise PhoneError(f"no {what} in {timeout_s} s; so far {self.states}") from None

    # --- doing ---------------------------------------------------------------------------

    async def pick_up(self) -> None:
        """Answer a call that rings here."""
        self._tell(p.PickUp(self._number))

    async def decline(self, code: int = 486) -> None:
        """Refuse a call that rings here."""
        self._tell(p.Decline(self._number, code))

    async def play(self, sound: bytes | str | Path, *, loop: bool = False) -> Said:
        """Say ``sound`` (8 kHz s16 samples or a WAV file) and wait until it is said.

        With ``loop`` returns at once; it goes on until the next ``play`` or ``hush``.
        """
        pcm = sound if isinstance(sound, bytes) else await asyncio.to_thread(read_wav, str(sound))
        self._utterance += 1
        said: asyncio.Future[Said] = asyncio.get_running_loop().create_future()
        self._said[self._utterance] = said
        self._tell(p.Say(self._number, self._utterance, pcm, loop))
        if loop:
            return Said(0.0, 0.0)
        return await said

    async def hush(self) -> None:
        """Stop saying anything."""
        self._tell(p.Hush(self._number))

    async def send_key(self, key: str, method: Literal["rfc4733", "info"] = "rfc4733") -> None:
        """Press one key."""
        self._tell(p.Press(self._number, key, method))

    async def hold(self) -> None:
        """Put the other side on hold and wait until it is."""
        await self._turn("held", p.Hold(self._number, True))

    async def resume(self) -> None:
        """Take the other side off hold and wait until it is."""
        await self._turn("resumed", p.Hold(self._number, False))

    async def _turn(self, state: p.PhoneState, order: p.Hold) -> None:
        so_far = self.states.count(state)
        self._tell(order)
        await self._until(lambda: self.states.count(state) > so_far or self.ended, 10.0, state)

    async def hang_up(self) -> None:
        """End the call, at whatever stage it is, and wait until it is over."""
        if not self.ended:
            self._tell(p.HangUp(self._number))
            await self.over()

    # --- hearing -------------------------------------------------------------------------

    async def heard(self) -> AsyncIterator[Frame]:
        """What is heard from now on, 20 ms at a time, until the call is over."""
        stream: asyncio.Queue[Frame | None] = asyncio.Queue()
        if self.ended:
            return
        self._streams.add(stream)
        try:
            while (frame := await stream.get()) is not None:
                yield frame
        finally:
            self._streams.discard(stream)

    @property
    def frames(self) -> tuple[Frame, ...]:
        """What has been heard so far (the last twenty minutes)."""
        return tuple(self._frames)

    @property
    def sound(self) -> bytes:
        """What has been heard so far, as 8 kHz s16 samples."""
        return b"".join([frame.pcm for frame in self._frames])

    def save(self, path: str | Path) -> None:
        """Write what has been heard so far to a mono WAV file."""
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(self.sound)

    async def hears_tone(
        self,
        frequency: float,
        *,
        share: float = 0.4,
        seconds: float = 0.2,
        timeout_s: float = WAIT_S,
    ) -> None:
        """Wait until ``share`` of what is newly heard, ``seconds`` long, is ``frequency``."""
        need = round(seconds * RATE) * 2 // FRAME_BYTES
        window: deque[bytes] = deque(maxlen=need)

        async def listen() -> None:
            async for frame in self.heard():
                window.append(frame.pcm)
                pcm = b"".join(window)
                if len(window) == need and frequency_power(pcm, frequency) >= share:
                    return
            raise PhoneError(f"call ended before {frequency} Hz was heard")

        try:
            await asyncio.wait_for(listen(), timeout_s)
        except TimeoutError:
            raise PhoneError(f"{frequency} Hz not heard in {timeout_s} s") from None

    # --- told by the phone ---------------------------------------------------------------

    async def take(self, message: p.Changed | p.Hears | p.Said | p.KeyHeard) -> None:
        """News of this call; for the phone."""
        if isinstance(message, p.Hears):
            frame = Frame(message.at, message.pcm)
            self._frames.append(frame)
            for stream in self._streams:
                stream.put_nowait(frame)
            return
        if isinstance(message, p.Said):
            said = self._said.pop(message.id, None)
            if said is not None and not said.done():
                said.set_result(Said(message.began, message.ended))
            return
        async with self._news:
            if isinstance(message, p.KeyHeard):
                self.keys.append(message.key)
            else:
                self.states.append(message.state)
                self.code = message.code or self.code
                self.reason = message.reason or self.reason
                self.codec = message.codec or self.codec
            self._news.notify_all()
        if self.ended:
            for stream in self._streams:
                stream.put_nowait(None)
            for said in self._said.values():
                if not said.done():
                    said.set_exception(PhoneError("the call ended"))
                    # Nobody may be waiting for it.
                    said.exception()
            self._said.clear()
