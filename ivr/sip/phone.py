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
from collections.abc import Mapping
from typing import Literal

import msgspec

from ivr.sip import phone_messages as p
from ivr.sip import wire
from ivr.sip.phone_call import WAIT_S, Frame, PhoneCall, PhoneError, Said
from ivr.sip.processes import Registration, StackSettings

__all__ = ["Frame", "PhoneCall", "PhoneError", "RobotPhone", "Said", "free_port"]

ALL_CODECS = ("PCMA", "PCMU", "G722")
_TRIES = 5
_START_S = 60.0

_from_phone: msgspec.msgpack.Decoder[p.FromPhone] = msgspec.msgpack.Decoder(p.FromPhone)


class RobotPhone:
    """A phone named ``name`` at ``host``; port 0 means any free one, known for sure once it is
    started. Holds up to four calls.

    With ``registrar`` ("sip:127.0.0.1:5060", perhaps ";transport=tcp") it registers there with
    ``password``, as ``seat`` if that is not its name: see :meth:`registered`.
    """

    def __init__(
        self,
        name: str = "robot",
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        proxy: str = "",
        registrar: str = "",
        password: str = "",
        seat: str = "",
    ) -> None:
        self.name = name
        self.host = host
        self.port = port or free_port(host)
        self._tries = 1 if port else _TRIES
        self._proxy = proxy
        self._registrar = registrar
        self._password = password
        self._seat = seat or name
        self._answers: asyncio.Queue[p.Registered] = asyncio.Queue()
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

    @property
    def ringing(self) -> bool:
        """Whether a call has come that :meth:`incoming` has not given yet."""
        return not self._arrived.empty()

    def kill(self) -> None:
        """Pull the plug: the process ends without a word to anybody."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def start(self) -> None:
        """Start the phone's process. Raises :class:`PhoneError` if its port is taken."""
        while fault := await self._start():
            await self.close()
            self._tries -= 1
            if not self._tries:
                raise PhoneError(fault)
            # Somebody was quicker: what was free is so no more.
            self.port = free_port(self.host)

    async def _start(self) -> str:
        """What is wrong, "" if nothing."""
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
            credentials=("*", self.name, self._password) if self._registrar else None,
            log_level=0,
        )
        registration = None
        if self._registrar:
            registration = Registration(self._registrar, self._seat, self.uri, 60)
        config = p.PhoneConfig(stack, its.fileno(), registration)
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
        return (await asyncio.wait_for(ready, _START_S)).fault

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

    # --- registering ---------------------------------------------------------------------

    async def registered(self, timeout_s: float = WAIT_S) -> p.Registered:
        """The registrar's next answer. Raises :class:`PhoneError` if none comes in time."""
        try:
            return await asyncio.wait_for(self._answers.get(), timeout_s)
        except TimeoutError:
            raise PhoneError(f"no answer to REGISTER in {timeout_s} s") from None

    async def register(self, on: bool = True) -> p.Registered:
        """Register once more, or take the registration back; the registrar's answer."""
        self.tell(p.Register(on))
        return await self.registered()

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
        call = self._calls[self._number] = PhoneCall(self.tell, self._number)
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

    async def incoming(self, timeout_s: float = WAIT_S) -> PhoneCall:
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
                    elif isinstance(message, p.Registered):
                        self._answers.put_nowait(message)
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
        call = self._calls[message.call] = PhoneCall(self.tell, message.call, message.invite)
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
