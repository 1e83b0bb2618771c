"""The decoder's phones: silence, the gap within words, and each unit at each place in a word.

A phone is one state with a self-loop. Phone p has the transitions 2p-1 (stay) and 2p (enter). The
places let the decoder tell where words begin and end; they share the network's output.

The gap has two states in a row and is only ever in the second, transition 4, frame after frame:
so it is neither the beginning of a phone nor, when words are cut out, more of the phone before.
"""

from __future__ import annotations

from collections.abc import Sequence

from asr.modelkit.pinyin import inventory

SILENCE, GAP = 1, 2
GOING_ON = 4
"""The transition of the gap's second state."""
_PLACES = ("begin", "internal", "end", "singleton")
_BEGIN, _INTERNAL, _END, _ALONE = range(len(_PLACES))


def count() -> int:
    """How many phones there are; they are numbered from 1."""
    return len(outputs())


def outputs(units: int | None = None) -> list[int]:
    """The network's output of each phone in turn; both kinds of saying nothing have the first.

    `units` is how many outputs the network has, by default as many as the inventory.
    """
    known = len(inventory()) if units is None else units
    return [0, 0, *(unit for unit in range(1, known) for _ in _PLACES)]


def spelled(units: Sequence[str]) -> list[int]:
    """The phones of a word's units."""
    numbers = {unit: number for number, unit in enumerate(inventory())}
    last = len(units) - 1
    places = [
        _ALONE if last == 0 else _BEGIN if at == 0 else _END if at == last else _INTERNAL
        for at in range(len(units))
    ]
    return [
        GAP + 1 + len(_PLACES) * (numbers[unit] - 1) + place
        for unit, place in zip(units, places, strict=True)
    ]


def ends_word(phone: int) -> bool:
    """Whether a word is over with this phone."""
    return phone > GAP and (phone - GAP - 1) % len(_PLACES) in (_END, _ALONE)


def stay(phone: int) -> int:
    """The transition that goes on with a phone."""
    return 2 * phone - 1


def enter(phone: int) -> int:
    """The transition that begins a phone."""
    return 2 * phone


def word_boundaries() -> str:
    """`word_boundary.int`: a line for each phone."""
    lines = [f"{SILENCE} nonword", f"{GAP} internal"]
    for phone in range(GAP + 1, count() + 1):
        lines.append(f"{phone} {_PLACES[(phone - GAP - 1) % len(_PLACES)]}")
    return "\n".join(lines) + "\n"
