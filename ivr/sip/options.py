"""Asking by SIP OPTIONS who is there: Kamailio itself, and the phones that are registered."""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections.abc import Iterable

PING = "ping"


async def ping(host: str, port: int, timeout_s: float) -> bool:
    """Send one OPTIONS by UDP; whether it was answered with 200 in time."""
    uri = f"sip:{PING}@{host}:{port}"
    try:
        return uri in await answering(host, port, [uri], timeout_s)
    except OSError:
        await asyncio.sleep(timeout_s / 4)
        return False


async def answering(host: str, port: int, uris: Iterable[str], timeout_s: float) -> set[str]:
    """Those of ``uris`` for which host:port answers OPTIONS with 200 within ``timeout_s``.

    Raises OSError where nobody listens.
    """
    loop = asyncio.get_running_loop()
    open_questions: dict[str, str] = {}
    there: set[str] = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.connect((host, port))
        for uri in uris:
            tag = uuid.uuid4().hex
            open_questions[tag] = uri
            await loop.sock_sendall(sock, _options(uri, tag, *sock.getsockname()))
        try:
            async with asyncio.timeout(timeout_s):
                while open_questions:
                    answer = (await loop.sock_recv(sock, 4096)).decode("utf-8", "replace")
                    uri = open_questions.pop(_call_id(answer), "")
                    if uri and answer.startswith("SIP/2.0 200"):
                        there.add(uri)
        except TimeoutError:
            pass
    return there


def _options(uri: str, tag: str, host: str, port: int) -> bytes:
    return (
        f"OPTIONS {uri} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{tag};rport\r\n"
        "Max-Forwards: 5\r\n"
        f"From: <sip:{PING}@{host}>;tag={tag[:8]}\r\nTo: <{uri}>\r\n"
        f"Call-ID: {tag}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    ).encode()


def _call_id(answer: str) -> str:
    for line in answer.splitlines():
        name, _, value = line.partition(":")
        if name.strip().lower() in ("call-id", "i"):
            return value.strip()
    return ""
