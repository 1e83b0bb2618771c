"""Hearing an emergency in whatever words it is said (patterns: :mod:`flows.spotting`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from flows.alarm import Alarm, AlarmStep, places_in
from flows.ordinary import Ordinary
from flows.phrases import expand
from flows.spotting import Find, Heard, Pattern, Span, Spotter, Trust, parse, plain
from flows.yamlfile import DataError, Document, Entry, Problem, read_yaml

BEFORE = 8


class EmergencyKind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of emergency and what is done about it.

    ``level``: P0 danger to life, P1 about to be, P2 none. ``transfer``: numbers to put the
    caller through to, in order. ``stay``: the hotline stays in the call. ``safety`` is said
    to the caller at once. ``notify``: who is told at the same time. ``keywords`` come with
    the domain data, ``patterns`` add to them; ``weak`` keywords say too little by themselves.
    ``unless`` are contexts in which the kind does not count; ``phrases`` are examples for the
    router.
    """

    id: str
    name: str
    name_source: Literal["article", "proposed"]
    level: Literal["P0", "P1", "P2"]
    transfer: tuple[str, ...]
    stay: bool
    safety: str
    notify: tuple[str, ...]
    keywords: tuple[str, ...]
    weak: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()


class EscalationStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is told when nobody has signed so many minutes after the ticket was filed."""

    after_minutes: float
    notify: tuple[str, ...]


class EmergencyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``emergencies.yaml``. The kinds are tried in order of their level, then as written.

    ``escalation``: by level, who is told next when nobody signs; the last step is repeated
    every ``repeat_minutes``. ``units``: roles as units, by place (:class:`flows.alarm.Alarm`).
    ``before``: words that, shortly before the evidence or in it, make it a supposition or a
    denial.
    ``past``: contexts of something over, unless one of ``now`` is heard as well.
    ``never``: contexts in which no kind counts. ``by_sound``: words of two characters that
    are also heard by their sound.
    """

    handling: tuple[str, ...]
    levels: dict[str, str]
    sla_minutes: dict[str, int]
    escalation: dict[str, tuple[EscalationStep, ...]]
    repeat_minutes: float
    units: dict[str, str]
    before: tuple[str, ...]
    past: tuple[str, ...]
    now: tuple[str, ...]
    never: tuple[str, ...]
    by_sound: tuple[str, ...]
    kinds: tuple[EmergencyKind, ...]


def alarm_of(data: EmergencyFile, kind: EmergencyKind) -> Alarm:
    """Who is told of ``kind``, and who next."""
    return Alarm(
        kind=kind.id,
        level=kind.level,
        first=kind.notify,
        steps=tuple(
            AlarmStep(step.after_minutes * 60, step.notify)
            for step in data.escalation.get(kind.level, ())
        ),
        repeat_s=data.repeat_minutes * 60,
        sign_s=data.sla_minutes["sign"] * 60.0,
        units=data.units,
    )


class EmergencyHit(msgspec.Struct, frozen=True):
    """An emergency was heard: its kind's id, the words that say so, and where they stand.

    ``trust`` is that of the least certain of these words.
    """

    kind: str
    evidence: str
    span: Span
    trust: Trust = Trust.WRITTEN


class EmergencyDetector:
    """Finds emergencies in text. Built once; :meth:`detect` is fit for every partial result."""

    def __init__(
        self,
        data: EmergencyFile,
        confusions: Mapping[str, str] | None = None,
        harmless: Iterable[str] = (),
    ) -> None:
        """``confusions``: known misreadings and what they stand for. ``harmless``: texts
        without any emergency, whose words are not taken for others that sound like them."""
        self._kinds = sorted(data.kinds, key=lambda kind: kind.level)
        self._confusions = dict(confusions or {})
        self._patterns = {
            kind.id: _parse_all((*kind.keywords, *kind.patterns)) for kind in self._kinds
        }
        self._unless = {kind.id: _parse_all(kind.unless) for kind in self._kinds}
        self._never = _parse_all(data.never)
        self._past = _parse_all(data.past)
        self._now = _words(data.now)
        self._before = _words(data.before)
        self._milder = {kind.id for kind in self._kinds if kind.level != "P0"}
        groups = (*self._patterns.values(), *self._unless.values(), self._never, self._past)
        self._spotter = Spotter(
            (one for group in groups for one in group), data.by_sound, Ordinary(harmless)
        )

    def detect(self, text: str) -> EmergencyHit | None:
        """The gravest emergency that ``text`` tells of, or None.

        One that is written out goes before any that the text only sounds like.
        """
        mended = text
        for wrong, right in self._confusions.items():
            mended = mended.replace(wrong, right)
        heard = self._spotter.hear(mended, text)
        chars = heard.sounded.chars
        if not chars or heard.any(self._never):
            return None
        if heard.any(self._past) and not any(word in chars for word in self._now):
            return None
        supposed = [end for word in self._before for end in _ends(chars, word)]
        best: tuple[str, Find] | None = None
        for kind in self._kinds:
            find = self._find(kind.id, heard, supposed)
            if find is not None and (best is None or find.trust < best[1].trust):
                best = kind.id, find
                if find.trust is Trust.WRITTEN:
                    break
        if best is None:
            return None
        name, find = best
        offsets = heard.sounded.offsets
        start, end = offsets[find.start], offsets[find.end - 1] + 1
        return EmergencyHit(name, mended[start:end], (start, end), find.trust)

    def _find(self, kind: str, heard: Heard, supposed: Iterable[int]) -> Find | None:
        """The best evidence for ``kind``, None if there is none or something speaks against it.

        Only the words of a danger to life, written out, stand against what merely sounds like
        a harmless context.
        """
        finds = [
            find
            for pattern in self._patterns[kind]
            for find in heard.match(pattern)
            if not any(find.start - BEFORE <= end < find.end for end in supposed)
        ]
        if not finds:
            return None
        best = min(finds, key=lambda find: (find.trust, find.start, -find.end))
        faint = best.trust is not Trust.WRITTEN or kind in self._milder
        return None if heard.any(self._unless[kind], faint=faint) else best


def _ends(chars: str, word: str) -> Iterator[int]:
    at = chars.find(word)
    while at >= 0:
        yield at + len(word)
        at = chars.find(word, at + 1)


def _words(patterns: Iterable[str]) -> tuple[str, ...]:
    return tuple(plain(word) for pattern in patterns for word in expand(pattern))


def _parse_all(patterns: Iterable[str]) -> tuple[Pattern, ...]:
    return tuple(parse(pattern) for pattern in patterns)


def load_emergencies(root: Entry) -> Document[EmergencyFile]:
    """Read ``emergencies.yaml``. Raises :class:`DataError`."""
    document = read_yaml(root, "emergencies.yaml", EmergencyFile)
    data = document.value
    problems: list[Problem] = []
    places: list[tuple[tuple[str | int, ...], tuple[str, ...]]] = [
        (("past",), data.past),
        (("never",), data.never),
    ]
    problems += _escalation_problems(document)
    seen: set[str] = set()
    for index, kind in enumerate(data.kinds):
        if not kind.id.startswith("em."):
            problems.append(document.problem("must begin with em.", "kinds", index, "id"))
        if kind.id in seen:
            problems.append(document.problem(f"{kind.id} is given twice", "kinds", index, "id"))
        seen.add(kind.id)
        places += [
            (("kinds", index, "keywords"), kind.keywords),
            (("kinds", index, "patterns"), kind.patterns),
            (("kinds", index, "unless"), kind.unless),
        ]
    for path, patterns in places:
        for index, pattern in enumerate(patterns):
            try:
                parse(pattern)
            except ValueError as error:
                problems.append(document.problem(f"{pattern!r} {error}", *path, index))
    if problems:
        raise DataError(problems)
    return document


def _escalation_problems(document: Document[EmergencyFile]) -> Iterator[Problem]:
    data = document.value
    if "sign" not in data.sla_minutes:
        yield document.problem("needs sign: how long signing may take", "sla_minutes")
    if data.repeat_minutes <= 0:
        yield document.problem("must be above 0", "repeat_minutes")
    for level in data.levels:
        if not data.escalation.get(level):
            yield document.problem(f"says nothing of level {level}", "escalation")
    for level, steps in data.escalation.items():
        if level not in data.levels:
            yield document.problem(f"there is no level {level}", "escalation", level)
        last = 0.0
        for index, step in enumerate(steps):
            path = ("escalation", level, index)
            if step.after_minutes <= last:
                yield document.problem("must come later than the step before", *path)
            if not step.notify:
                yield document.problem("tells nobody", *path)
            last = step.after_minutes
    for role, template in data.units.items():
        try:
            places_in(template)
        except ValueError as error:
            yield document.problem(str(error), "units", role)
