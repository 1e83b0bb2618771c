"""Several requests in one breath: finding where one ends and the next begins."""

from __future__ import annotations

import re

import msgspec

from flows.routing.intents import kind_of
from flows.routing.result import RouteResult
from flows.routing.router import Router

# What people say between two matters. Alone it proves nothing: both sides must make sense.
_BETWEEN = re.compile(
    r"[，。；,;！!？?]*(?:还有一件事|还有一个事|还有个事|还有就是|还有|另外|再就是|再一个|再有"
    r"|顺便|同时|然后|第二个是|第二个|第二件事?|第二是|第二|其次|最后|对了|以及|还想|还要|也想"
    r"|也要)(?:还有|还想|再|就是|是|我|想|要|问一下|问问|帮我|，)*"
    r"|[。；;！!？?]+"
)
# Only these tell for sure that something else begins, and not the next part of an answer.
_BESIDES = re.compile(
    r"(?:(?:还有一件事|还有一个事|还有个事|还有就是|还有|另外|再就是|再一个|再有|顺便|同时|对了"
    r"|还想|还要|也想|也要)[，,]*)+"
)
# What stands before them and is no answer.
_TRAILING = "，。；,;！!？?我那就嗯啊呃哦"
_PUNCTUATION = "，。；,;！!？?"
_FIRST = re.compile(r"(?:第一个是|第一个|第一件事?|第一是|第一|首先)")
# "还有他态度很差" goes on about whom the first part was about.
_SAME_STORY = re.compile(r"他|她|它|那个人|那个司机|态度|而且|所以|因为|结果|但是|现在")
SHORTEST = 4
MOST = 4
MATTERS = frozenset({"svc", "cmp", "cons", "conv", "sug", "prs"})


class Besides(msgspec.Struct, frozen=True):
    """Another matter in an answer: the answer before it ("" if none), its words, its meaning.

    ``announced``: the caller has said that it is another one ("还有……").
    """

    answer: str
    text: str
    result: RouteResult
    announced: bool


class Request(msgspec.Struct, frozen=True):
    """One of several requests: its words and what they were understood as."""

    text: str
    result: RouteResult


def several(router: Router, text: str) -> tuple[Request, ...]:
    """The requests of ``text`` in order, none unless there are at least two.

    Every part must be sure by itself, and no two may ask for the same; a story that goes on
    with "还有" is one matter.
    """
    parts = [
        part for part in _BETWEEN.split(_FIRST.sub("", text, count=1)) if len(part) >= SHORTEST
    ]
    if not 2 <= len(parts) <= MOST:
        return ()
    found: list[Request] = []
    for part in parts:
        result = router.route(part)
        if result.emergency is not None:
            return ()
        own = result.decision == "sure" and kind_of(result.intent) in MATTERS
        if own and not (found and _SAME_STORY.match(part)):
            if any(other.result.intent == result.intent for other in found):
                return ()
            found.append(Request(part, result))
        elif found:
            # What comes after a request and is none itself belongs to it.
            found[-1] = msgspec.structs.replace(found[-1], text=f"{found[-1].text}，{part}")
        else:
            return ()
    return tuple(found) if len(found) >= 2 else ()


def besides(router: Router, text: str) -> Besides | None:
    """The matter that ``text`` names besides an answer, or in place of one; None if not sure."""
    lead = _BESIDES.search(text)
    head = text[: lead.start()].strip(_TRAILING) if lead else ""
    rest = (text[lead.end() :] if lead else text).strip(_PUNCTUATION)
    if len(rest) < SHORTEST or _SAME_STORY.match(rest):
        return None
    result = router.route(rest)
    if result.emergency is not None or result.decision != "sure" or result.kind not in MATTERS:
        return None
    return Besides(head, rest, result, announced=lead is not None)
