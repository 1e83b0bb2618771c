"""Services from ring to application over real SIP: every mode, every level of verification.

Spoken answers are synthetic speech, in a voice that the shipped model was not trained on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from adapters.simulator import DEMO_KEY_ID, DEMO_SECRET, Notify
from adapters.simulator.store import Received
from adapters.wire import WireTicket
from flows.ticket import Application
from ivr import live
from ivr.config import Config
from ivr.sip.phone import RobotPhone
from tests.calls.applicant import ID_NO, Answer, Applicant
from tests.calls.line import Line, open_line, with_settings
from tests.until import until

DONE = "已经登记好了"


def patient(config: Config) -> Config:
    """Callers are given time: the machine may be slow."""
    config = with_settings(config, "dialogue", no_input_s=20.0, inter_digit_s=3.0)
    config = with_settings(config, "webhook", key_id=DEMO_KEY_ID, secret=DEMO_SECRET)
    return with_settings(config, "sip", max_calls=4)


async def apply(
    line: Line, caller: str, service: str, answers: Mapping[str, Answer] | None = None
) -> Applicant:
    """One call that applies for ``service`` and hangs up when the ticket's number is said."""
    async with RobotPhone(caller) as phone:
        call = await line.call(phone)
        applicant = Applicant(line, call, caller)
        rules = {"请直接说您要办什么": f"#{service}#", **(answers or {})}
        await applicant.goes_on_until(DONE, rules)
        await call.hang_up()
    return applicant


def of_caller(received: list[Received], caller: str) -> WireTicket:
    return next(one.ticket for one in received if one.ticket.caller_no == caller)


def application(ticket: WireTicket) -> Application:
    assert ticket.type == "办件" and ticket.complete
    assert ticket.application is not None
    assert ticket.application.service == ticket.service
    return ticket.application


def values(one: Application) -> dict[str, str]:
    return {field.slot: field.value for field in one.fields}


async def finish_link(line: Line, caller: str, reference: str) -> Application:
    """The applicant opens and finishes the link; the application as it is pushed anew."""
    line.platform.notify(Notify(f"http://127.0.0.1:{line.node.config.http.port}"))
    assert await line.platform.step_link(reference, "opened")
    assert await line.platform.step_link(reference, "finished")

    async def pushed() -> Application | None:
        found = application(of_caller(await line.platform.tickets(), caller))
        return found if found.link == "finished" else None

    return await until(pushed)


def files_with(data_dir: Path, secret: str) -> set[str]:
    """The files below the data directory that have ``secret`` in them."""
    return {
        path.name
        for path in data_dir.rglob("*")
        if path.is_file() and secret.encode() in path.read_bytes()
    }


@pytest.mark.timeout(300)
async def test_every_mode_and_every_level_comes_to_its_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    callers = [f"1390779100{number}" for number in range(4)]
    async with open_line(tmp_path, patient) as line:
        query, done, *_ = await asyncio.gather(
            apply(line, callers[0], "0605"),
            apply(line, callers[1], "0602", SPOKEN),
            apply(line, callers[2], "1403"),
            apply(line, callers[3], "0208", BOOKING),
        )
        received = await line.tickets(4)
        tickets = [of_caller(received, caller) for caller in callers]
        told, card, proof, visit = map(application, tickets)

        # Asked: L2, and what the platform answered has been said.
        assert (told.mode, [one.level for one in told.evidence]) == ("query", ["L2"])
        assert told.told and any(told.told[0][:6] in text for text in query.said)
        # Done by telephone: L2, in words.
        assert (card.mode, [one.level for one in card.evidence]) == ("done", ["L2"])
        assert values(card)["id_no"] == ID_NO and values(card)["card_tail"] == "1234"
        assert {field.slot for field in card.fields if field.by == "speech"} >= {
            "name",
            "lost_time",
        }
        # With an SMS link: L3 once the applicant has finished it.
        assert (proof.mode, proof.link) == ("assist", "sent")
        assert proof.link_reference in line.platform.sms.of(callers[2])[-1].text
        finished = await finish_link(line, callers[2], proof.link_reference)
        assert finished.evidence[-1].level == "L3" and finished.evidence[-1].how == "link"
        # An appointment: L1, the number that called.
        assert (visit.mode, [one.level for one in visit.evidence]) == ("book", ["L1"])
        assert visit.appointment is not None and visit.booking
        assert visit.appointment.slot in line.platform.services.booked
        await until(lambda: len(line.happened(live.CallOver)) == 4)

    codes = [query.code, done.code]
    assert all(codes)
    for code in codes:
        assert files_with(tmp_path, code) == set()
        assert code not in str(line.events)
    # Identity numbers stand in the applications alone.
    assert {name.partition("-")[0] for name in files_with(tmp_path, ID_NO)} <= {"hotline.db"}
    assert ID_NO not in str(line.events) + caplog.text
    for ticket in tickets:
        assert ID_NO not in "".join(one.text for one in ticket.transcript_ref.lines)


BOOKING: Mapping[str, Answer] = {
    "装宽带的地址": "海城区北部湾中路二十八号",
    "家庭宽带，还是": "#1",
    "希望哪一天": "下礼拜三上午",
    "可以约的时间": "#1",
}
SPOKEN: Mapping[str, Answer] = {
    "请直接说您要办什么": "我要挂失社保卡",
    "后四位。": "#1234",
    "什么时候丢的": "昨天下午",
    "用您打来的号码": "可以",
    "对请按一": "都对",
}
