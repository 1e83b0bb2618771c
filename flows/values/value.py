"""What every kind of value has in common: how it is heard, keyed, checked and read back.

The kinds are named in ``slots.yaml`` (``type``) and found by :func:`flows.values.kinds.kind`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import msgspec

from flows.catalogue import Choice, SlotSpec
from flows.commands import AnySpeech, KeyInput
from flows.gazetteer import Gazetteer


class Setting(msgspec.Struct, frozen=True):
    """What a value is taken against: the field, its choices, the time and place of the call.

    ``choices`` are the service's own where it has some, else the slot's. ``caller`` is the
    number that the call comes from, "" if withheld.
    """

    slot: SlotSpec
    choices: tuple[Choice, ...]
    now: datetime
    caller: str
    area_code: str
    gazetteer: Gazetteer


class Value(msgspec.Struct, frozen=True):
    """A checked value: ``text`` is filed, ``said`` are the caller's words for it.

    An empty ``text`` is the answer of a caller who does not know or has none, where the field
    allows that.
    """

    text: str
    said: str = ""


class Taken(msgspec.Struct, frozen=True):
    """What an answer came to: a value, a part or a problem; none of them is a no-match.

    ``part``: a beginning, to which the next answer is to be added (digits said in groups).
    ``problem`` is the id of the prompt that says what is wrong ("value.id_no.check"). With a
    ``part`` it asks for what is still missing ("value.address.county").
    """

    value: Value | None = None
    part: str = ""
    problem: str = ""


NOTHING = Taken()


class Kind(Protocol):
    """One kind of value. Stateless; every method is pure.

    ``private`` values are taken with the recording silent and masked in every transcript.
    ``dictated`` ones are said slowly in groups: a longer silence ends the answer.
    """

    private: bool
    dictated: bool

    def keys(self, setting: Setting) -> KeyInput | None:
        """How it is keyed; None if it cannot be."""

    def key(self, digits: str, setting: Setting) -> Taken:
        """The value of keyed ``digits`` (0-9 and *)."""

    def hear(self, text: str, setting: Setting, part: str = "") -> Taken:
        """The value of ``text``, said in answer to this field's question, after ``part``.

        A name that was read back is corrected with the name as ``part``: "是维护的维".
        """

    def find(self, text: str, setting: Setting) -> Taken:
        """The value somewhere in a sentence about other things; only what is certain."""

    def expect(self, setting: Setting) -> tuple[str, ...]:
        """Short answers that are likely, for the recogniser."""

    def read_back(self, value: Value, setting: Setting) -> tuple[AnySpeech, ...]:
        """How the hotline says it, so that a listener can tell it from its neighbours."""
