"""The robot phone: a real SIP phone in a process of its own, driven from asyncio.

    async with RobotPhone("13900001111") as phone:
        call = await phone.dial("sip:12345@127.0.0.1:5060")
        await call.up()
        await call.play(tone(440, 1.0))
        await call.send_key("1")
        await call.hang_up()

As the one who is called (an operator, 119): ``answers``, ``refuses`` or ``lets_ring`` say what
happens to calls, ``await phone.incoming()`` gives each.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import wave
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from ivr.sip import phone_messages as p
from ivr.sip import wire
from ivr.sip.media import FRAME_BYTES, RATE
from ivr.sip.pj import StackSettings
from ivr.sip.sound import read_wav
from ivr.sip.tones import frequency_power

ALL_CODECS = ("PCMA", "PCMU", "G722")

_from_phone: msgspec.msgpack.Decoder[p.FromPhone] = msgspec.msgpack.Decoder(p.FromPhone)


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

    def __init__(self, phone: RobotPhone, number: int, invite: str = "") -> None:
        self._phone = phone
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

    async def reaches(self, state: p.PhoneState, timeout_s: float = 10.0) -> None:
        """Wait for ``state``. Raises :class:`PhoneError` if the call ends or time runs out."""
        await self._until(lambda: state in self.states or self.ended, timeout_s, state)
        if state not in self.states:
            raise PhoneError(f"call ended with {self.code} {self.reason} instead of {state}")

    async def up(self, timeout_s: float = 10.0) -> None:
        """Wait until the call is answered."""
        await self.reaches("up", timeout_s)

    async def over(self, timeout_s: float = 10.0) -> int:
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
        self._phone.tell(p.PickUp(self._number))

    async def decline(self, code: int = 486) -> None:
        """Refuse a call that rings here."""
        self._phone.tell(p.Decline(self._number, code))

    async def play(self, sound: bytes | str | Path, *, loop: bool = False) -> Said:
        """Say ``sound`` (8 kHz s16 samples or a WAV file) and wait until it is said.

        With ``loop`` returns at once; it goes on until the next ``play`` or ``hush``.
        """
        pcm = sound if isinstance(sound, bytes) else await asyncio.to_thread(read_wav, str(sound))
        self._utterance += 1
        said: asyncio.Future[Said] = asyncio.get_running_loop().create_future()
        self._said[self._utterance] = said
        self._phone.tell(p.Say(self._number, self._utterance, pcm, loop))
        if loop:
            return Said(0.0, 0.0)
        return await said

    async def hush(self) -> None:
        """Stop saying anything."""
        self._phone.tell(p.Hush(self._number))

    async def send_key(self, key: str, method: Literal["rfc4733", "info"] = "rfc4733") -> None:
        """Press one key."""
        self._phone.tell(p.Press(self._number, key, method))

    async def hold(self) -> None:
        """Put the other side on hold and wait until it is."""
        await self._turn("held", p.Hold(self._number, True))

    async def resume(self) -> None:
        """Take the other side off hold and wait until it is."""
        await self._turn("resumed", p.Hold(self._number, False))

    async def _turn(self, state: p.PhoneState, order: p.Hold) -> None:
        so_far = self.states.count(state)
        self._phone.tell(order)
        await self._until(lambda: self.states.count(state) > so_far or self.ended, 10.0, state)

    async def hang_up(self) -> None:
        """End the call, at whatever stage it is, and wait until it is over."""
        if not self.ended:
            self._phone.tell(p.HangUp(self._number))
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
        self, frequency: float, *, share: float = 0.4, seconds: float = 0.2, timeout_s: float = 5.0
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


class RobotPhone:
    """A phone named ``name`` at ``host``; port 0 means any free one. Holds up to four calls."""

    def __init__(
        self, name: str = "robot", port: int = 0, *, host: str = "127.0.0.1", proxy: str = ""
    ) -> None:
        self.name = name
        self.host = host
        self.port = port or free_port(host)
        self._proxy = proxy
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reader: asyncio.Task[None] | None = None
        self._calls: dict[int, PhoneCall] = {}
        self._arrived: asyncio.Queue[PhoneCall] = asyncio.Queue()
        self._number = -1
        self._answer_after: float | None = 0.0
        self._refusal = 0
        self._timers: set[asyncio.Task[None]] = set()

    @property
    def uri(self) -> str:
        """The address to call this phone at."""
        return f"sip:{self.name}@{self.host}:{self.port}"

    @property
    def pid(self) -> int:
        """Process id of the phone."""
        return self._process.pid if self._process is not None else 0

    async def start(self) -> None:
        """Start the phone's process. Raises :class:`PhoneError` if its port is taken."""
        mine, its = socket.socketpair()
        stack = StackSettings(
            user=self.name,
            host=self.host,
            port=self.port,
            tcp=True,
            proxy=self._proxy,
            rtp_host=self.host,
            rtp_port=0,
            rtp_ports=0,
            log_level=0,
        )
        config = p.PhoneConfig(stack, its.fileno())
        with its:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "ivr.sip.phone_process",
                msgspec.json.encode(config).decode(),
                pass_fds=(its.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
            )
        reader, self._writer = await asyncio.open_connection(sock=mine)
        ready: asyncio.Future[p.Ready] = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read(reader, ready))
        fault = (await asyncio.wait_for(ready, 20.0)).fault
        if fault:
            await self.close()
            raise PhoneError(fault)

    async def close(self) -> None:
        """Hang up everything and end the process."""
        for timer in self._timers:
            timer.cancel()
        if self._writer is not None:
            if self._writer.can_write_eof():
                with contextlib.suppress(OSError):
                    self._writer.write_eof()
            if self._reader is not None:
                await asyncio.wait([self._reader], timeout=3.0)
                self._reader.cancel()
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()
        if self._process is not None:
            await self._process.wait()

    async def __aenter__(self) -> RobotPhone:
        await self.start()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    # --- calling and being called --------------------------------------------------------

    async def dial(
        self,
        uri: str,
        *,
        codec: str | tuple[str, ...] = ALL_CODECS,
        transport: Literal["udp", "tcp"] = "udp",
        headers: Mapping[str, str] | None = None,
    ) -> PhoneCall:
        """Call ``uri``; returns at once, wait for ``call.up()``."""
        codecs = (codec,) if isinstance(codec, str) else codec
        self._number += 2
        call = self._calls[self._number] = PhoneCall(self, self._number)
        target = f"{uri};transport=tcp" if transport == "tcp" else uri
        self.tell(p.Call(self._number, target, codecs, dict(headers or {})))
        return call

    def answers(self, after_s: float = 0.0) -> None:
        """Pick up calls by itself, after so many seconds of ringing (as it does from start)."""
        self._answer_after, self._refusal = after_s, 0

    def refuses(self, code: int = 486) -> None:
        """Refuse calls with ``code``."""
        self._answer_after, self._refusal = None, code

    def lets_ring(self) -> None:
        """Never answer by itself."""
        self._answer_after, self._refusal = None, 0

    async def incoming(self, timeout_s: float = 10.0) -> PhoneCall:
        """The next call that came here. Raises :class:`PhoneError` if none comes in time."""
        try:
            return await asyncio.wait_for(self._arrived.get(), timeout_s)
        except TimeoutError:
            raise PhoneError(f"nobody called in {timeout_s} s") from None

    def tell(self, message: p.ToPhone) -> None:
        """Send an order to the phone's process."""
        if self._writer is None:
            raise PhoneError("the phone is not started")
        self._writer.write(wire.pack(message))

    # --- inside --------------------------------------------------------------------------

    async def _read(self, reader: asyncio.StreamReader, ready: asyncio.Future[p.Ready]) -> None:
        unpacker = wire.Unpacker(_from_phone)
        try:
            while data := await reader.read(1 << 16):
                for message in unpacker.feed(data):
                    if isinstance(message, p.Ready):
                        ready.set_result(message)
                    elif isinstance(message, p.Rings):
                        self._rings(message)
                    elif message.call in self._calls:
                        await self._calls[message.call].take(message)
        except ConnectionError:
            pass
        if not ready.done():
            ready.set_result(p.Ready("the phone's process ended"))
        for number, call in self._calls.items():
            if not call.ended:
                await call.take(p.Changed(number, "ended", 0, "the phone is gone"))

    def _rings(self, message: p.Rings) -> None:
        call = self._calls[message.call] = PhoneCall(self, message.call, message.invite)
        call.states.append("ringing")
        self._arrived.put_nowait(call)
        if self._refusal:
            self.tell(p.Decline(message.call, self._refusal))
        elif self._answer_after is not None:
            timer = asyncio.create_task(self._answer(message.call, self._answer_after))
            self._timers.add(timer)
            timer.add_done_callback(self._timers.discard)

    async def _answer(self, number: int, after_s: float) -> None:
        await asyncio.sleep(after_s)
        self.tell(p.PickUp(number))


def free_port(host: str = "127.0.0.1") -> int:
    """A port that is free for both UDP and TCP at the moment."""
    for _ in range(100):
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
        ):
            udp.bind((host, 0))
            port: int = udp.getsockname()[1]
            try:
                tcp.bind((host, port))
            except OSError:
                continue
            return port
    raise PhoneError("no free port")
