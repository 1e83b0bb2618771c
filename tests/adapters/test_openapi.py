"""The documents are valid, and they are what the servers and clients really do."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, get_args

import jsonschema
import msgspec
import pytest
import yaml
from aiohttp import ClientSession, web
from openapi_spec_validator import validate

from adapters import signature, wire
from adapters.http_platform import HttpPlatform
from adapters.http_services import HttpServices
from adapters.http_sms import HttpSms
from adapters.memory import MemoryStore
from adapters.model import Handoff, LinkChange, SmsMessage, StateChange
from adapters.ports import PlatformRejected
from adapters.settings import SmsSettings
from adapters.signature import Verifier
from adapters.simulator import DEMO_KEY_ID, DEMO_SECRET, Behaviour, Simulator, states
from adapters.simulator.api import Api
from adapters.simulator.store import PlatformStore
from adapters.webhook import webhook
from flows.requests import (
    AskProgress,
    BookSlot,
    CheckIdentity,
    OfferSlots,
    QueryService,
    SendLink,
)
from flows.ticket import HandoffCard, Source, TicketDraft
from tests.adapters.samples import (
    APPLICATION,
    CALLER,
    ID_NO,
    LINES,
    NOON,
    draft,
    ticket,
    uuid,
)

DOCS = Path(__file__).parents[2] / "docs" / "openapi"


def load(name: str) -> dict[str, Any]:
    """One document."""
    read: dict[str, Any] = yaml.safe_load((DOCS / name).read_text(encoding="utf-8"))
    return read


PLATFORM = load("platform.yaml")
HOTLINE = load("hotline.yaml")
SMS = load("sms.yaml")


def follow(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """``node``, or what its ``$ref`` points at."""
    while "$ref" in node:
        found: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def check(document: dict[str, Any], schema: dict[str, Any], body: bytes) -> None:
    """Fail unless ``body`` is what ``schema`` says."""
    whole = {**document, **schema}
    validator = jsonschema.Draft202012Validator(
        whole, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    validator.validate(json.loads(body))


def schema_of(part: dict[str, Any]) -> dict[str, Any]:
    """The JSON schema of a request body or a response."""
    found: dict[str, Any] = part["content"]["application/json"]["schema"]
    return found


def operation(document: dict[str, Any], path: str) -> dict[str, Any]:
    """The POST at ``path``."""
    found: dict[str, Any] = document["paths"][path]["post"]
    return found


@pytest.mark.parametrize("document", [PLATFORM, HOTLINE, SMS], ids=["platform", "hotline", "sms"])
def test_the_document_is_valid(document: dict[str, Any]) -> None:
    validate(document)


def routes(app: web.Application, prefix: str) -> set[tuple[str, str]]:
    """Methods and paths that an application answers under ``prefix``."""
    return {
        (route.method.lower(), route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.resource.canonical.startswith(prefix)
    }


def documented(document: dict[str, Any]) -> set[tuple[str, str]]:
    """Methods and paths in a document."""
    return {(method, path) for path, item in document["paths"].items() for method in item}


def test_the_simulator_answers_what_the_document_lists() -> None:
    async def tell(_: StateChange | LinkChange) -> bool:
        return False

    api = Api(PlatformStore(":memory:"), states.load(), Verifier({}), tell)
    assert routes(api.application(), "/v1") == documented(PLATFORM) | documented(SMS)


def test_the_hotline_answers_what_the_document_lists() -> None:
    app = web.Application()
    app.add_subapp("/v1", webhook(MemoryStore(), {}))
    assert routes(app, "/v1") == documented(HOTLINE)


class Recorder:
    """Stands between client and simulator and keeps what passes."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.passed: list[tuple[str, dict[str, str], bytes, int, bytes]] = []

    async def handle(self, request: web.Request) -> web.Response:
        """Pass one request on."""
        body = await request.read()
        async with (
            ClientSession() as session,
            session.request(
                request.method, self.target + request.raw_path, data=body, headers=request.headers
            ) as answer,
        ):
            content = await answer.read()
            self.passed.append((request.path, dict(request.headers), body, answer.status, content))
            return web.Response(
                body=content, status=answer.status, content_type=answer.content_type
            )


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """An empty platform."""
    async with Simulator() as made:
        yield made


@pytest.fixture
async def recorded(simulator: Simulator) -> AsyncIterator[tuple[HttpPlatform, Recorder]]:
    """The real client, through a recorder, to the real simulator."""
    recorder = Recorder(simulator.url)
    app = web.Application()
    app.router.add_post("/{path:.*}", recorder.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    client = HttpPlatform(msgspec.structs.replace(simulator.settings, url=url))
    yield client, recorder
    await client.close()
    await runner.cleanup()


def check_passed(recorder: Recorder) -> list[int]:
    """Check everything that passed against the document; the status codes seen."""
    for path, headers, sent, status, answered in recorder.passed:
        document = SMS if path in SMS["paths"] else PLATFORM
        described = operation(document, path)
        check(document, schema_of(described["requestBody"]), sent)
        response = follow(document, described["responses"][str(status)])
        check(document, schema_of(response), answered)
        for parameter in described["parameters"]:
            known = follow(document, parameter)
            value = headers[known["name"]]
            jsonschema.Draft202012Validator(known["schema"]).validate(value)
        assert PLATFORM["components"]["securitySchemes"]["hotlineSignature"]["name"] in headers
    return [passed[3] for passed in recorder.passed]


@pytest.mark.parametrize(
    "change", [{"type": "其它"}, {"grid": "1"}, {"created": "yesterday"}, {"key": None}]
)
def test_a_message_that_is_not_as_described_is_caught(change: dict[str, Any]) -> None:
    body = json.loads(msgspec.json.encode(wire.ticket(ticket())))
    schema = schema_of(operation(PLATFORM, "/v1/tickets")["requestBody"])
    check(PLATFORM, schema, json.dumps(body).encode())
    with pytest.raises(jsonschema.ValidationError):
        check(PLATFORM, schema, json.dumps(body | change).encode())


async def test_tickets_and_receipts_are_as_described(
    recorded: tuple[HttpPlatform, Recorder],
) -> None:
    client, recorder = recorded
    bare = TicketDraft(type="其他", complete=False)
    await client.push(ticket())
    await client.push(ticket())
    await client.push(msgspec.structs.replace(ticket(), revision=1, draft=draft("改了")))
    await client.push(msgspec.structs.replace(ticket(2), caller="", draft=bare, transcript=()))
    assert check_passed(recorder) == [201, 200, 200, 201]


async def test_handoffs_are_as_described(recorded: tuple[HttpPlatform, Recorder]) -> None:
    client, recorder = recorded
    for reason in ("asked", "emergency", "not-understood", "filing-failed", "policy"):
        card = HandoffCard(reason, draft(), "")
        await client.handoff(Handoff("call-1", CALLER, "operator", card, LINES))
    assert check_passed(recorder) == [202] * 5


async def test_an_application_is_as_described(
    recorded: tuple[HttpPlatform, Recorder],
) -> None:
    client, recorder = recorded
    told = msgspec.structs.replace(draft(), type="办件", service="1701", application=APPLICATION)
    await client.push(msgspec.structs.replace(ticket(), draft=told))
    await client.handoff(Handoff("call-1", CALLER, "operator", HandoffCard("asked", told), LINES))
    assert check_passed(recorder) == [201, 202]
    sent = [json.loads(passed[2]) for passed in recorder.passed]
    assert sent[0]["application"]["fields"][0]["value"] == ID_NO
    assert sent[1]["draft"]["application"]["fields"][0]["value"] == "450***********0018"


async def test_what_waiting_callers_ask_is_as_described(
    simulator: Simulator, recorded: tuple[HttpPlatform, Recorder]
) -> None:
    client, recorder = recorded
    settings = msgspec.structs.replace(simulator.settings, url=client._settings.url)
    services = HttpServices(settings)
    await client.push(ticket())
    assert (await services.progress(AskProgress(CALLER))).matters
    assert not (await services.progress(AskProgress("1", "0602", "000009"))).matters
    assert (await services.check_identity(CheckIdentity("陈大文", CALLER, ID_NO))).matches
    await services.check_identity(CheckIdentity("某某公司", CALLER, uscc_tail="AB1234"))
    assert (await services.query(QueryService("0605", {"id_no": ID_NO}))).sentences
    with pytest.raises(PlatformRejected):
        await services.query(QueryService("0101", {}))
    (slot, *_) = (await services.offer_slots(OfferSlots("1701", NOON, "上午"))).slots
    for key in (uuid(1), uuid(2)):
        await services.book_slot(BookSlot("1701", slot.slot, CALLER), key=key)
    await services.make_link(SendLink(CALLER, "0101", ("identity", "materials")), key=uuid(3))
    await services.close()
    assert check_passed(recorder) == [201, *[200] * 5, 422, *[200] * 3, 201]


async def test_text_messages_are_as_described(
    simulator: Simulator, recorded: tuple[HttpPlatform, Recorder]
) -> None:
    client, recorder = recorded
    settings = SmsSettings(client._settings.url, DEMO_KEY_ID, DEMO_SECRET)
    gateway = HttpSms(settings)
    await gateway.send(SmsMessage(uuid(1), CALLER, "验证码三一四一五九", "code"))
    await gateway.close()
    assert check_passed(recorder) == [202]


async def test_refusals_are_as_described(
    simulator: Simulator, recorded: tuple[HttpPlatform, Recorder]
) -> None:
    client, recorder = recorded
    simulator.behave(Behaviour(fail=1, fail_code=503, retry_after_s=1))
    with pytest.raises(Exception, match="503"):
        await client.push(ticket())
    await client.push(ticket())
    with pytest.raises(Exception, match="422"):
        await client.push(msgspec.structs.replace(ticket(), ticket_no="BH20261123000009"))
    other = HttpPlatform(
        msgspec.structs.replace(simulator.settings, url=client._settings.url, secret="wrong")
    )
    with pytest.raises(Exception, match="401"):
        await other.push(ticket())
    await other.close()
    assert check_passed(recorder) == [503, 201, 422, 401]


def test_the_value_lists_are_the_codes() -> None:
    fields = PLATFORM["components"]["schemas"]["Ticket"]["properties"]
    code = msgspec.json.schema(wire.WireTicket)["$defs"]["WireTicket"]["properties"]
    for name in ("type", "urgency", "confidential"):
        assert set(fields[name]["enum"]) == set(code[name]["enum"])
    assert set(fields) == set(code)
    assert tuple(fields["source"]["enum"]) == get_args(Source)


def test_no_description_of_the_signature_is_left_behind_by_the_code() -> None:
    described = PLATFORM["info"]["description"]
    for name in (signature.KEY_ID, signature.TIMESTAMP, signature.NONCE, signature.SIGNATURE):
        assert name in described
    (window,) = re.findall(r"more than (\d+) s", described)
    Verifier({"k": "s"}).check(
        "POST",
        "/",
        signature.headers("k", "s", "POST", "/", b"", now=0),
        b"",
        now=float(window),
    )


async def test_link_changes_are_as_described() -> None:
    described = operation(HOTLINE, "/v1/link-states")
    change = LinkChange("LK1", "finished", NOON, "RZ1")
    check(HOTLINE, schema_of(described["requestBody"]), msgspec.json.encode(change))


async def test_state_changes_are_as_described(simulator: Simulator) -> None:
    described = operation(HOTLINE, "/v1/ticket-states")
    change = StateChange("BH20261123000001", "已派单", NOON, "市城市管理局")
    check(HOTLINE, schema_of(described["requestBody"]), msgspec.json.encode(change))
