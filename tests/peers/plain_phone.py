"""A phone made of two sockets, for what real phones seldom do but may: odd keys, odd SIP.

It sends exactly the packets that a test asks for. Requests go to one SIP address by UDP.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import socket
import struct
import uuid
from collections.abc import Sequence

ALLOWED_WAIT_S = 30.0
EVENT_TYPE = 101
KEYS = "0123456789*#ABCD"


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class PlainPhone:
    """Use as ``async with``; ``host`` is the address that it calls from."""

    def __init__(self, target: tuple[str, int], host: str = "127.0.0.1") -> None:
        self._target = target
        self._sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for sock in (self._sip, self._rtp):
            sock.bind((host, 0))
            sock.setblocking(False)
        self.host = host
        self.contact = "sip:plain@{}:{}".format(*self._sip.getsockname())
        self._call_id = uuid.uuid4().hex
        self._tag = uuid.uuid4().hex[:8]
        self._to_tag = ""
        self._routes: list[str] = []
        self._contact = ""
        self._sequence = 0
        self._rtp_target = ("", 0)
        self._rtp_sequence = 100
        self._rtp_time = 1000
        self.last_request = ""
        self._ssrc = uuid.uuid4().int & 0xFFFFFFFF

    async def __aenter__(self) -> PlainPhone:
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._sip.close()
        self._rtp.close()

    # --- SIP -----------------------------------------------------------------------------

    async def send(self, data: bytes) -> None:
        """Send a datagram as it is."""
        await asyncio.get_running_loop().sock_sendto(self._sip, data, self._target)

    async def receive(self, timeout_s: float = ALLOWED_WAIT_S) -> str:
        """The next datagram. Raises TimeoutError."""
        loop = asyncio.get_running_loop()
        return (await asyncio.wait_for(loop.sock_recv(self._sip, 65536), timeout_s)).decode()

    def request(
        self, method: str, *, headers: Sequence[str] = (), body: str = "", uri: str = ""
    ) -> str:
        """A request of this call's dialog, or the first one."""
        if method not in ("ACK", "CANCEL"):
            self._sequence += 1
        mine = self._sip.getsockname()
        uri = uri or self._contact or f"sip:12345@{self._target[0]}:{self._target[1]}"
        to_tag = f";tag={self._to_tag}" if self._to_tag else ""
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {mine[0]}:{mine[1]};branch=z9hG4bK{uuid.uuid4().hex};rport",
            *[f"Route: {route}" for route in self._routes],
            "Max-Forwards: 70",
            f"From: <sip:plain@{mine[0]}>;tag={self._tag}",
            f"To: <sip:12345@{self._target[0]}>{to_tag}",
            f"Call-ID: {self._call_id}",
            f"CSeq: {self._sequence} {method}",
            f"Contact: <{self.contact}>",
            *headers,
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join(lines) + "\r\n\r\n" + body

    async def ask(self, request: str) -> str:
        """Send a request; its final answer."""
        await self.send(request.encode())
        number = re.search(r"^CSeq: (.*)$", request, re.M)
        assert number is not None
        while True:
            answer = await self.receive()
            same = f"CSeq: {number[1].strip()}" in answer
            if answer.startswith("SIP/2.0 ") and same and not answer.startswith("SIP/2.0 1"):
                return answer

    async def invite(self, headers: Sequence[str] = ()) -> str:
        """Call, and acknowledge if answered with 200."""
        mine = self._rtp.getsockname()
        sdp = (
            f"v=0\r\no=- 1 1 IN IP4 {mine[0]}\r\ns=-\r\nc=IN IP4 {mine[0]}\r\nt=0 0\r\n"
            f"m=audio {mine[1]} RTP/AVP 8 {EVENT_TYPE}\r\na=rtpmap:8 PCMA/8000\r\n"
            f"a=rtpmap:{EVENT_TYPE} telephone-event/8000\r\na=fmtp:{EVENT_TYPE} 0-15\r\n"
        )
        request = self.request(
            "INVITE", headers=["Content-Type: application/sdp", *headers], body=sdp
        )
        answer = await self.ask(request)
        if not answer.startswith("SIP/2.0 200"):
            return answer
        tag = re.search(r"^To:.*;tag=([^;\s]+)", answer, re.M | re.I)
        contact = re.search(r"^Contact:.*?<([^>]+)>", answer, re.M | re.I)
        address = re.search(r"^c=IN IP4 (\S+)", answer, re.M)
        port = re.search(r"^m=audio (\d+)", answer, re.M)
        assert tag and contact and address and port
        self._to_tag, self._contact = tag[1], contact[1]
        found = re.findall(r"^Record-Route: (.*?)\r?$", answer, re.M | re.I)
        self._routes = [route.strip() for line in found for route in line.split(",")][::-1]
        self._rtp_target = (address[1], int(port[1]))
        await self.send(self.request("ACK").encode())
        return answer

    async def register(self, user: str, password: str, realm: str, expires: int = 60) -> str:
        """Register as ``user``; the answer to the password."""
        uri = f"sip:{realm}"

        def request(*headers: str) -> str:
            text = self.request("REGISTER", uri=uri, headers=[f"Expires: {expires}", *headers])
            text = re.sub(r"(?m)^From: <[^>]*>", f"From: <sip:{user}@{realm}>", text)
            return re.sub(r"(?m)^To: <[^>]*>", f"To: <sip:{user}@{realm}>", text)

        challenge = await self.ask(request())
        nonce = re.search(r'nonce="([^"]+)"', challenge)
        if not challenge.startswith("SIP/2.0 401") or nonce is None:
            return challenge
        own = uuid.uuid4().hex
        first = _md5(f"{user}:{realm}:{password}")
        second = _md5(f"REGISTER:{uri}")
        digest = _md5(f"{first}:{nonce[1]}:00000001:{own}:auth:{second}")
        self.last_request = request(
            f'Authorization: Digest username="{user}", realm="{realm}", nonce="{nonce[1]}", '
            f'uri="{uri}", response="{digest}", qop=auth, nc=00000001, cnonce="{own}", '
            "algorithm=MD5"
        )
        return await self.ask(self.last_request)

    def renewed(self, request: str) -> str:
        """The same request as a new one: another branch, the next number."""
        self._sequence += 1
        text = re.sub(r"branch=[^;]+", f"branch=z9hG4bK{uuid.uuid4().hex}", request)
        return re.sub(r"CSeq: \d+", f"CSeq: {self._sequence}", text)

    async def bye(self) -> str:
        """Hang up."""
        return await self.ask(self.request("BYE"))

    async def info(self, content_type: str, body: str) -> str:
        """Send INFO."""
        return await self.ask(
            self.request("INFO", headers=[f"Content-Type: {content_type}"], body=body)
        )

    # --- RTP -----------------------------------------------------------------------------

    async def speak(self, frames: int = 10) -> None:
        """Send 20 ms frames of silence."""
        for first in range(frames):
            await self._send_rtp(8, b"\xd5" * 160, marker=first == 0, time=self._rtp_time)
            self._rtp_time += 160
            await asyncio.sleep(0.02)

    async def event(
        self, key: str, milliseconds: int = 100, *, ends: int = 3, starts: int = 1
    ) -> None:
        """Press ``key`` by RFC 4733: first packet ``starts`` times, last one ``ends`` times."""
        began = self._rtp_time
        steps = max(1, milliseconds // 20)
        for step in range(1, steps + 1):
            for repeat in range(starts if step == 1 else 1):
                payload = struct.pack("!BBH", KEYS.index(key), 10, step * 160)
                marker = step == 1 and repeat == 0
                await self._send_rtp(EVENT_TYPE, payload, marker=marker, time=began)
            await asyncio.sleep(0.02)
        for _ in range(ends):
            payload = struct.pack("!BBH", KEYS.index(key), 0x80 | 10, steps * 160)
            await self._send_rtp(EVENT_TYPE, payload, marker=False, time=began)
        self._rtp_time += steps * 160

    async def _send_rtp(self, kind: int, payload: bytes, *, marker: bool, time: int) -> None:
        self._rtp_sequence += 1
        head = struct.pack(
            "!BBHII", 0x80, kind | (0x80 if marker else 0), self._rtp_sequence, time, self._ssrc
        )
        loop = asyncio.get_running_loop()
        await loop.sock_sendto(self._rtp, head + payload, self._rtp_target)
