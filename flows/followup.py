"""What a follow-up call finds out about a closed ticket."""

from __future__ import annotations

from typing import Literal

import msgspec

from flows.opinion import Reason, Satisfaction, Solved

# How far a call got. "answered": every question has its answer.
FollowUpOutcome = Literal[
    "answered",
    "review",
    "not-confirmed",
    "wrong-person",
    "wrong-number",
    "later",
    "refused",
    "cut-off",
]
Contacted = Literal["", "有", "没有"]

# After these the person may be rung again, in another window.
AGAIN: frozenset[FollowUpOutcome] = frozenset({"not-confirmed", "wrong-person", "later", "cut-off"})


class FollowUpResult(msgspec.Struct, frozen=True):
    """The answers of one call. "" is what was not answered: never a good answer.

    ``confirmed``: the person said to be the citizen or authorised by them. ``review``: a person
    has to look at it (not solved, not satisfied, unclear, or a person was asked for).
    ``reason`` with ``said``, their own words, for what was not solved or not satisfying.
    """

    outcome: FollowUpOutcome = "not-confirmed"
    confirmed: bool = False
    contacted: Contacted = ""
    solved: Solved = ""
    satisfaction: Satisfaction = ""
    reason: Reason = ""
    said: str = ""
    review: bool = False
    asked_for_person: bool = False


def dissatisfied(result: FollowUpResult) -> bool:
    """Whether by the rule a person reviews it: 说没解决或不满意即进入人工复核."""
    return result.solved == "未解决" or result.satisfaction == "不满意"


def ended(result: FollowUpResult) -> FollowUpResult:
    """The result of a call that is over now, however it ended.

    Only a call with every answer is "answered"; what was left open is no good answer.
    """
    review = result.review or dissatisfied(result)
    outcome = result.outcome
    if result.confirmed and outcome in ("not-confirmed", "cut-off"):
        whole = bool(result.solved and result.satisfaction)
        outcome = "review" if review else "answered" if whole else "cut-off"
    elif review and outcome not in ("refused", "wrong-number"):
        outcome = "review"
    return msgspec.structs.replace(result, outcome=outcome, review=review)
