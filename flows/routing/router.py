"""The router: example phrases, the emergency detector, and calibrated scores."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np

from flows.emergency import EmergencyDetector, EmergencyHit
from flows.phonetic import sound
from flows.routing.features import Fillers, features
from flows.routing.intents import UNKNOWN, Intent, kind_of
from flows.routing.kernel import Floats, Ints, Neighbourhood
from flows.routing.reasons import Reasons
from flows.routing.result import LIKELY, RouteResult, Scored
from flows.routing.wordings import Wordings

Scope = Literal["open", "callback"]

EMERGENCY_BY_EXAMPLES = 0.93
NO_REQUEST_NAME = "没有听明白"
OFFERED = 4
WORDING = 0.4
MANNER = "sys.confidential"
MATTERS = ("svc", "cmp", "cons", "conv", "sug", "prs")
MATTER_HEARD = 0.5
NUMERALS = str.maketrans("零〇一幺二两三四五六七八九", "0011223456789")


class Router:
    """Built once from the intents and their examples; routes sentences without any state."""

    def __init__(
        self,
        intents: Mapping[str, Intent],
        no_request: Iterable[str],
        fillers: Iterable[str],
        corrections: Mapping[str, str],
        detector: EmergencyDetector,
    ) -> None:
        self.intents = intents
        self.detector = detector
        self._fillers = Fillers(fillers, corrections)
        self._classes = [*intents, UNKNOWN]
        self._examples: list[str] = []
        labels: list[int] = []
        groups = [(intent.id, intent.examples) for intent in intents.values()]
        groups.append((UNKNOWN, tuple(no_request)))
        for number, (_, examples) in enumerate(groups):
            for example in dict.fromkeys(map(self._matter, examples)):
                self._examples.append(example)
                labels.append(number)
        self._labels = labels
        self._examples_near = Neighbourhood(
            [features(sound(text)) for text in self._examples], labels
        )
        self._wordings = Wordings([intent.patterns for intent in intents.values()])
        kinds = [kind_of(intent) for intent in self._classes]
        self._scopes: dict[Scope, Floats] = {
            "open": np.array([kind != "cb" for kind in kinds], dtype=np.float32),
            "callback": np.array(
                [kind in ("cb", "sys", "em", UNKNOWN) for kind in kinds], dtype=np.float32
            ),
        }

    def route(
        self, text: str, alternatives: Sequence[str] = (), scope: Scope = "open"
    ) -> RouteResult:
        """What ``text`` asks for.

        ``alternatives`` are the recogniser's further readings, best first; each counts less
        than the one before. ``scope`` "callback" hears answers to a follow-up call instead of
        requests.
        """
        if (service := self._by_number(text)) is not None:
            return RouteResult(service.id, service.name, 1.0, explanation=("说的是事项编号",))
        readings = [text for text in (text, *alternatives) if self._fillers.clean(text)]
        if not readings:
            return RouteResult(UNKNOWN, NO_REQUEST_NAME, 0.0, explanation=("没有听到内容",))
        hit = next(filter(None, map(self.detector.detect, readings)), None)
        best = np.full(len(self._classes), -1.0, dtype=np.float32)
        nearest: dict[str, str] = {}
        for rank, reading in enumerate(readings):
            scores, near = self._score(reading)
            best = np.maximum(best, scores * 0.9**rank)
            for row in near:
                nearest.setdefault(self._classes[self._labels[row]], self._examples[row])
        return self._result(best, hit, Reasons(self._matter(readings[0]), nearest), scope)

    def _by_number(self, text: str) -> Intent | None:
        """The service whose four-digit number the whole text is, spoken or written."""
        spoken = self._matter(text).removeprefix("办理").removeprefix("办")
        return self.intents.get("svc." + spoken.translate(NUMERALS))

    def _matter(self, text: str) -> str:
        return self._fillers.strip(self._fillers.clean(text))

    def _score(self, reading: str) -> tuple[Floats, Ints]:
        clean = self._fillers.clean(reading)
        matter = self._fillers.strip(clean)
        scores, near = self._examples_near.score(features(sound(matter)))
        for number, share in self._wordings.shares(clean, len(matter)).items():
            scores[number] += WORDING * math.sqrt(share)
        return scores, near

    def _result(
        self, raw: Floats, hit: EmergencyHit | None, reasons: Reasons, scope: Scope
    ) -> RouteResult:
        allowed = self._scopes[scope]
        raw = np.where(allowed > 0, raw, -1.0)
        order = np.argsort(-raw, kind="stable")[: OFFERED + 1]
        likelihood = calibrate([float(raw[number]) for number in order])
        ranked = [
            Scored(self._classes[number], self._name(self._classes[number]), score)
            for number, score in zip(order, likelihood, strict=True)
        ]
        ranked = _matter_before_manner(ranked)
        explanation: list[str] = []
        emergency: str | None = None
        if hit is not None:
            emergency = hit.kind
            explanation.append(f"听到紧急情况：{hit.evidence}")
            score = max([0.9, *(item.score for item in ranked if item.intent == hit.kind)])
            first = Scored(hit.kind, self._name(hit.kind), score)
            ranked = [first, *(item for item in ranked if item.intent != hit.kind)]
        elif kind_of(ranked[0].intent) == "em" and ranked[0].score >= EMERGENCY_BY_EXAMPLES:
            emergency = ranked[0].intent
        if ranked[0].score < LIKELY:
            ranked.insert(0, Scored(UNKNOWN, NO_REQUEST_NAME, 0.0))
        ranked = ranked[:OFFERED]
        explanation += reasons.of(ranked)
        return RouteResult(
            ranked[0].intent,
            ranked[0].name,
            ranked[0].score,
            tuple(item for item in ranked[1:] if item.intent != UNKNOWN),
            emergency,
            tuple(explanation),
        )

    def _name(self, intent: str) -> str:
        return NO_REQUEST_NAME if intent == UNKNOWN else self.intents[intent].name


def _matter_before_manner(ranked: list[Scored]) -> list[Scored]:
    """Who asks for confidentiality along with a matter has called for the matter."""
    first, *others = ranked
    matter = next((item for item in others if kind_of(item.intent) in MATTERS), None)
    if first.intent != MANNER or matter is None or matter.score < MATTER_HEARD:
        return ranked
    lead = Scored(matter.intent, matter.name, first.score)
    return [lead, first, *(item for item in others if item is not matter)]


def calibrate(raw: Sequence[float]) -> list[float]:
    """Likelihoods (0-1) of the classes whose raw values are given in falling order.

    The best one's grows with its own value and with its lead over the next. The constants
    were fitted to sentences with a third of their syllables misread at random, so that of
    the guesses scored about 0.8, some eight in ten are right.
    """
    if not raw:
        return []
    best = raw[0]
    second = max(raw[1], 0.0) if len(raw) > 1 else 0.0
    first = 1.0 / (1.0 + math.exp(-(9.1 * best + 5.2 * (best - second) - 1.9)))
    return [round(first * (max(value, 0.0) / best if best > 0 else 0.0), 4) for value in raw]
