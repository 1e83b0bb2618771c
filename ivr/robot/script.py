"""A robot call written down: what the caller waits for, says, plays and keys.

A script is YAML::

    name: 路灯不亮
    caller: "13900000001"
    steps:
      - wait: prompt          # until the hotline has spoken and then paused
      - say: 人民路的路灯坏了   # spoken: from recorded audio where there is some
      - play: cough.wav       # a WAV file beside the script
      - key: "1"              # one or more keys, always quoted
      - code: true            # waits for a code by SMS and keys it
      - pause: 1.5            # seconds
      - hangup: true          # otherwise the robot waits for the hotline to hang up
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
import yaml


class ScriptError(Exception):
    """The script cannot be used; the message names the file and what is wrong."""


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step; exactly one field is set.

    ``wait``: "prompt" waits until the hotline has spoken and paused, "sound" until it begins
    to speak. ``key`` is sent by the script's ``dtmf`` method. ``code`` needs a telephone that
    gets messages: :class:`ivr.robot.caller.Caller` is told how to read them.
    """

    wait: Literal["prompt", "sound", ""] = ""
    say: str = ""
    play: str = ""
    key: str = ""
    code: bool = False
    pause: float = 0.0
    hangup: bool = False

    def __post_init__(self) -> None:
        given = [name for name in self.__struct_fields__ if getattr(self, name)]
        if len(given) != 1:
            known = "/".join(self.__struct_fields__)
            raise ValueError(f"a step has exactly one of {known}: {given}")
        if self.key.strip("0123456789*#ABCD"):
            raise ValueError(f"key {self.key!r} has something that is not a telephone key")


class Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole call. ``voice`` names the recorded voice to speak with, "" takes any."""

    name: str
    steps: tuple[Step, ...]
    caller: str = "13900000000"
    voice: str = ""
    dtmf: Literal["rfc4733", "info"] = "rfc4733"
    longest_s: float = 180.0


def load_script(path: Path) -> Script:
    """Read a script. Raises :class:`ScriptError` naming the file, and the step at fault."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        return msgspec.convert(data, Script)
    except OSError as error:
        raise ScriptError(f"{path}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ScriptError(f"{path}: {error}") from error
