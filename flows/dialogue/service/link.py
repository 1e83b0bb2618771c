"""The SMS link on which a person proves who they are, hands in materials and signs."""

from __future__ import annotations

from msgspec.structs import replace

from flows.commands import Digits, Say
from flows.dialogue.call import Call
from flows.dialogue.moves import Drop, Go, Move, Proceed, Speech
from flows.dialogue.service.asides import link_fields
from flows.dialogue.service.consent import Refused
from flows.dialogue.service.form import MOBILE, form, put, service, sheet, tail, value_of
from flows.dialogue.service.waiting import Waiting
from flows.requests import AnyReply, AnyRequest, LinkPurpose, LinkSent, SendLink


def next_link(call: Call) -> Move | None:
    """Send the link if the service has one and it is not sent yet."""
    item = service(call)
    if sheet(call).link != "none" or not purposes(call):
        return None
    if not value_of(call, MOBILE):
        return _failed(call)
    return Go(state=SendingLink()) if item.sms_link or item.verify == "L3" else None


def purposes(call: Call) -> tuple[LinkPurpose, ...]:
    """What the link is for."""
    item = service(call)
    found: list[LinkPurpose] = []
    if item.verify == "L3":
        found.append("identity")
    if item.sms_link:
        found.append("materials")
    return tuple(found)


def told(call: Call) -> Speech:
    """What is said of the link when the application is filed."""
    if sheet(call).link != "sent":
        return ()
    number = tail(value_of(call, MOBILE))
    speech: Speech = (Say("svcform.link.sent"), Digits(number))
    if "identity" in purposes(call):
        speech = (*speech, Say("svcform.link.identity"))
    if service(call).materials:
        speech = (*speech, Say("svcform.link.materials"))
    return (*speech, *link_fields(call))


def _failed(call: Call) -> Move:
    put(call, link="failed", why="link-failed")
    call.form = replace(form(call), call_back=True)
    return Proceed((Say("svcform.link.failed"),), note="短信链接没有发出")


class SendingLink(Waiting, frozen=True):
    """The link is being sent."""

    def request(self, call: Call) -> AnyRequest:
        return SendLink(value_of(call, MOBILE), sheet(call).service, purposes(call))

    def replied(self, call: Call, reply: AnyReply) -> Move:
        if not isinstance(reply, LinkSent):
            return _failed(call)
        put(call, link="sent", link_reference=reply.reference)
        return Proceed(note="短信链接已发出")

    def refused(self, call: Call, reason: str) -> Move:
        return _failed(call)


class SendingOwnLink(Waiting, frozen=True):
    """The link is being sent to somebody who would rather hand it in alone."""

    def request(self, call: Call) -> AnyRequest:
        mobile = value_of(call, MOBILE) or call.caller
        return SendLink(mobile, sheet(call).service, ("materials",))

    def replied(self, call: Call, reply: AnyReply) -> Move:
        mobile = value_of(call, MOBILE) or call.caller
        if not isinstance(reply, LinkSent):
            return self.refused(call, "")
        sent = (Say("svcform.link.sent"), Digits(tail(mobile)), Say("svcform.link.own"))
        return Drop(sent)

    def refused(self, call: Call, reason: str) -> Move:
        return Go((Say("svcform.link.own.failed"),), state=Refused())
