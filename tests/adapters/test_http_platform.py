"""What the HTTP adapter makes of each way in which a platform can answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from email.utils import formatdate

import msgspec
import pytest
from aiohttp import web

from adapters.http_platform import HttpPlatform
from adapters.http_services import HttpServices
from adapters.model import Handoff
from adapters.ports import AdapterError, PlatformRejected, PlatformUnavailable
from adapters.settings import PlatformSettings
from adapters.signature import Verifier
from adapters.simulator import Behaviour, Simulator
from flows.requests import AskProgress
from flows.ticket import HandoffCard
from tests.adapters.samples import CALLER, LINES, draft, ticket

NOW = 1_795_000_000.0


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """An empty platform."""
    async with Simulator() as made:
        yield made


@pytest.fixture
async def platform(simulator: Simulator) -> AsyncIterator[HttpPlatform]:
    """An adapter that talks to it."""
    made = HttpPlatform(simulator.settings)
    yield made
    await made.close()


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, PlatformRejected),
        (413, PlatformRejected),
        (422, PlatformRejected),
        (401, PlatformUnavailable),
        (403, PlatformUnavailable),
        (404, PlatformUnavailable),
        (408, PlatformUnavailable),
        (409, PlatformUnavailable),
        (425, PlatformUnavailable),
        (429, PlatformUnavailable),
        (500, PlatformUnavailable),
        (503, PlatformUnavailable),
    ],
)
async def test_only_what_is_about_the_ticket_is_a_refusal(
    simulator: Simulator, platform: HttpPlatform, code: int, kind: type[AdapterError]
) -> None:
    simulator.behave(Behaviour(fail=1, fail_code=code))
    with pytest.raises(kind, match=f"{code} told to fail"):
        await platform.push(ticket())


async def test_retry_after_is_handed_on(simulator: Simulator, platform: HttpPlatform) -> None:
    simulator.behave(Behaviour(fail=1, fail_code=429, retry_after_s=17))
    with pytest.raises(PlatformUnavailable) as caught:
        await platform.push(ticket())
    assert caught.value.retry_after == 17


@pytest.mark.parametrize(
    "behaviour", [Behaviour(drop=1), Behaviour(lose=1)], ids=["dropped", "answer lost"]
)
async def test_a_connection_that_breaks_is_worth_another_try(
    simulator: Simulator, platform: HttpPlatform, behaviour: Behaviour
) -> None:
    simulator.behave(behaviour)
    with pytest.raises(PlatformUnavailable):
        await platform.push(ticket())
    receipt = await platform.push(ticket())
    assert receipt.duplicate == bool(behaviour.lose)
    assert len(await simulator.tickets()) == 1


async def test_silence_is_not_waited_for_longer_than_set(simulator: Simulator) -> None:
    simulator.behave(Behaviour(delay_ms=60_000))
    settings = msgspec.structs.replace(
        simulator.settings, push_timeout_s=0.05, handoff_timeout_s=0.05, request_timeout_s=0.05
    )
    platform, services = HttpPlatform(settings), HttpServices(settings)
    handoff = Handoff("call-1", CALLER, "119", HandoffCard("asked", draft()), LINES)
    for asked in (
        platform.push(ticket()),
        platform.handoff(handoff),
        services.progress(AskProgress(CALLER)),
    ):
        with pytest.raises(PlatformUnavailable, match=r"no answer within 0\.05 s"):
            await asked
    await platform.close()
    await services.close()


async def test_nobody_listening_is_worth_another_try(simulator: Simulator) -> None:
    await simulator.go_away()
    platform = HttpPlatform(simulator.settings)
    with pytest.raises(PlatformUnavailable):
        await platform.push(ticket())
    await platform.close()


async def test_a_wrong_key_parks_no_ticket(simulator: Simulator) -> None:
    for wrong in ({"secret": "other"}, {"key_id": "other"}):
        platform = HttpPlatform(msgspec.structs.replace(simulator.settings, **wrong))
        with pytest.raises(PlatformUnavailable, match="401"):
            await platform.push(ticket())
        await platform.close()
    assert await simulator.tickets() == []


async def test_a_clock_that_is_off_is_refused(simulator: Simulator) -> None:
    platform = HttpPlatform(simulator.settings, now=lambda: NOW - 3600)
    with pytest.raises(PlatformUnavailable, match="401 the time stamp"):
        await platform.push(ticket())
    await platform.close()


class Scripted:
    """A server that answers as it is told, at a path below its root."""

    def __init__(self, answer: web.Response) -> None:
        self.answer = answer
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def __aenter__(self) -> Scripted:
        async def handle(request: web.Request) -> web.Response:
            body = await request.read()
            self.requests.append((request.raw_path, dict(request.headers), body))
            return self.answer

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handle)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/city/api/"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()


async def push_to(server: Scripted) -> None:
    """Push one ticket to ``server``."""
    settings = PlatformSettings(url=server.url, key_id="k", secret="s3cret")
    platform = HttpPlatform(settings, now=lambda: NOW)
    try:
        await platform.push(ticket())
    finally:
        await platform.close()


async def test_what_is_sent_carries_key_and_signature() -> None:
    answer = web.json_response({"platform_id": "P", "duplicate": False})
    async with Scripted(answer) as server:
        await push_to(server)
        ((path, headers, body),) = server.requests
    assert path == "/city/api/v1/tickets"
    assert headers["Idempotency-Key"] == ticket().key
    assert "s3cret" not in str(headers) + body.decode()
    assert Verifier({"k": "s3cret"}).check("POST", path, headers, body, now=NOW) == "k"


@pytest.mark.parametrize(
    "answer",
    [
        web.Response(text="<html>it works</html>"),
        web.json_response({"id": 1}),
        web.json_response([]),
        web.Response(body=b'{"platform_id": "\xe5"}'),
        web.Response(status=204),
        web.Response(status=302, headers={"Location": "/login"}),
    ],
    ids=["html", "other object", "list", "not UTF-8", "nothing", "redirect"],
)
async def test_an_answer_that_is_not_a_receipt_acknowledges_nothing(answer: web.Response) -> None:
    async with Scripted(answer) as server:
        with pytest.raises(PlatformUnavailable):
            await push_to(server)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("17", 17.0),
        (formatdate(NOW + 90, usegmt=True), 90.0),
        (formatdate(NOW + 90), 90.0),
        (formatdate(NOW - 90), 0.0),
        (formatdate(NOW + 999_999), 3600.0),
        ("9" * 400, 3600.0),
        ("-5", None),
        ("soon", None),
        ("", None),
    ],
)
async def test_retry_after_is_seconds_or_a_date_within_reason(
    header: str, seconds: float | None
) -> None:
    async with Scripted(web.Response(status=503, headers={"Retry-After": header})) as server:
        with pytest.raises(PlatformUnavailable) as caught:
            await push_to(server)
    assert caught.value.retry_after == seconds


async def test_a_refusal_that_quotes_a_number_does_not_hand_it_on() -> None:
    answer = web.json_response({"error": f"bad number {CALLER}"}, status=422)
    async with Scripted(answer) as server:
        with pytest.raises(PlatformRejected) as caught:
            await push_to(server)
    assert str(caught.value) == "/v1/tickets: 422 bad number 138****5678"


async def test_many_pushes_at_once(simulator: Simulator, platform: HttpPlatform) -> None:
    receipts = await asyncio.gather(*(platform.push(ticket(n)) for n in range(1, 21)))
    assert not any(receipt.duplicate for receipt in receipts)
    assert len(await simulator.tickets()) == 20
