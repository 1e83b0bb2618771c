"""The dialogue typed instead of spoken: the core of ``hotline simulate``.

A line is what the caller says, or keys (``#12`` or ``按12``), or something that happens::

    /silence   /noise   /hangup   /speech-lost   /speech-back
    /transfer-fails   /transfer-answers   /transfer-ends   /filing-fails
    /partial TEXT     /aside TEXT (heard while the hotline was not listening)

``/transfer-fails`` and ``/filing-fails`` are said beforehand and hold for the next attempt;
``/transfer-fails 3`` for the next three. Filing and transfers otherwise succeed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

import msgspec

from flows.commands import (
    AnyCommand,
    AnySpeech,
    Digits,
    FileTicket,
    HangUp,
    Listen,
    Note,
    Pause,
    Play,
    Record,
    Say,
    Text,
    Transfer,
)
from flows.dialogue import Dialogue, DialogueConfig, FlowData
from flows.events import (
    Answered,
    AnyEvent,
    Filed,
    FilingFailed,
    HungUp,
    Keys,
    NoInput,
    Partial,
    SpeechBack,
    SpeechLost,
    TransferAnswered,
    TransferEnded,
    TransferFailed,
    Utterance,
)

Who = Literal["hotline", "caller", "note", "system"]

_KEYS = re.compile(r"(?:#|按)\s*([0-9*＊#]*)")
_EVENTS: dict[str, AnyEvent] = {
    "/silence": NoInput(),
    "/noise": Utterance(""),
    "/hangup": HungUp(),
    "/speech-lost": SpeechLost(),
    "/speech-back": SpeechBack(),
    "/transfer-ends": TransferEnded(),
}
DAY = datetime(2026, 11, 23, 10, 0)


class BadLine(Exception):
    """A line that begins with / is no command of the simulator."""


class Line(msgspec.Struct, frozen=True):
    """One line of a simulated call: who, and what was said or done."""

    who: Who
    text: str


class Simulation:
    """One simulated call. ``lines`` is everything so far, ``filed`` and ``transfers`` what it did.

    Filing and transfers are faked: they succeed unless told otherwise.
    """

    def __init__(
        self,
        data: FlowData,
        config: DialogueConfig | None = None,
        caller: str = "13900000001",
        at: datetime = DAY,
    ) -> None:
        self._data = data
        self._dialogue = Dialogue(data, config)
        self._caller = caller
        self._at = at
        self.lines: list[Line] = []
        self.events: list[AnyEvent] = []
        self.commands: list[AnyCommand] = []
        self.filed: list[FileTicket] = []
        self.transfers: list[Transfer] = []
        self._fail_filing = 0
        self._fail_transfer = 0

    @property
    def over(self) -> bool:
        """Whether the call has ended."""
        return self._dialogue.over

    @property
    def dialogue(self) -> Dialogue:
        """The dialogue itself."""
        return self._dialogue

    def start(self) -> list[Line]:
        """Ring and answer; returns the new lines."""
        return self._after(lambda: self._handle(Answered(self._caller, "12345", self._at)))

    def type(self, text: str) -> list[Line]:
        """Do what one typed line says; returns the new lines.

        Raises :class:`BadLine` for a / that is not known.
        """
        return self._after(lambda: self._line(text.strip()))

    def run(self, texts: Iterable[str]) -> list[Line]:
        """A whole script: ring, type each line, hang up at its end if still on the line."""
        self.start()
        for text in texts:
            if self.over:
                break
            if text.strip() and not text.startswith("//"):
                self.type(text)
        if not self.over:
            self.type("/hangup")
        return self.lines

    def as_json(self) -> dict[str, Any]:
        """The call as plain values: lines, tickets with their numbers, transfers."""
        return {
            "lines": msgspec.to_builtins(self.lines),
            "tickets": [
                {"ticket_no": self._number(index), **msgspec.to_builtins(command.draft)}
                for index, command in enumerate(self.filed)
            ],
            "transfers": [
                {"target": command.target, "card": msgspec.to_builtins(command.card)}
                for command in self.transfers
            ],
            "over": self.over,
        }

    # --- what is typed -------------------------------------------------------------------

    def _after(self, action: Any) -> list[Line]:
        before = len(self.lines)
        action()
        return self.lines[before:]

    def _line(self, text: str) -> None:
        if text.startswith("/"):
            self._command(text)
        elif keys := _KEYS.fullmatch(text):
            digits = keys[1].replace("＊", "*").rstrip("#")
            self.lines.append(Line("caller", f"［按键 {digits or '#'}］"))
            self._handle(Keys(digits))
        elif text:
            self.lines.append(Line("caller", text))
            self._handle(Utterance(text))

    def _command(self, text: str) -> None:
        name, _, rest = text.partition(" ")
        if name in _EVENTS:
            self.lines.append(Line("system", _MEANINGS[name]))
            self._handle(_EVENTS[name])
        elif name == "/partial":
            self._handle(Partial(rest))
        elif name == "/aside":
            self.lines.append(Line("caller", f"（插话）{rest}"))
            self._handle(Utterance(rest, listening=False))
        elif name == "/filing-fails":
            self._fail_filing = int(rest or 1)
        elif name == "/transfer-fails":
            self._fail_transfer = int(rest or 1)
        elif name == "/transfer-answers":
            self._fail_transfer = 0
        else:
            raise BadLine(f"没有 {name} 这个命令")

    # --- what the dialogue does ----------------------------------------------------------

    def _handle(self, event: AnyEvent) -> None:
        self.events.append(event)
        waiting: list[AnyEvent] = []
        for command in self._dialogue.handle(event):
            self.commands.append(command)
            answer = self._carry_out(command)
            if answer is not None:
                waiting.append(answer)
        for answer in waiting:
            self._handle(answer)

    def _carry_out(self, command: AnyCommand) -> AnyEvent | None:
        match command:
            case Play():
                self.lines.append(Line("hotline", speech_text(self._data, command.speech)))
            case Note():
                self.lines.append(Line("note", command.text))
            case Record():
                self.lines.append(Line("system", "开始录音"))
            case HangUp():
                self.lines.append(Line("system", "热线挂机"))
            case FileTicket():
                return self._file(command)
            case Transfer():
                return self._transfer(command)
            case Listen():
                pass
        return None

    def _file(self, command: FileTicket) -> AnyEvent:
        if self._fail_filing:
            self._fail_filing -= 1
            self.lines.append(Line("system", "登记失败"))
            return FilingFailed("simulated")
        self.filed.append(command)
        number = self._number(len(self.filed) - 1)
        draft = command.draft
        state = "" if draft.complete else "（未完成）"
        self.lines.append(Line("system", f"登记工单 {number}：{draft.type}{state} {draft.content}"))
        return Filed(number)

    def _number(self, index: int) -> str:
        command = self.filed[index]
        count = sum(not other.ticket_no for other in self.filed[: index + 1])
        return command.ticket_no or f"BH{self._at:%Y%m%d}{count:06d}"

    def _transfer(self, command: Transfer) -> AnyEvent:
        self.transfers.append(command)
        if self._fail_transfer:
            self._fail_transfer -= 1
            self.lines.append(Line("system", f"转接 {command.target}：没有接通"))
            return TransferFailed("no-answer")
        self.lines.append(Line("system", f"转接 {command.target}：已接通"))
        return TransferAnswered()


_MEANINGS = {
    "/silence": "（没有声音）",
    "/noise": "（听不清）",
    "/hangup": "来电人挂机",
    "/speech-lost": "语音识别中断",
    "/speech-back": "语音识别恢复",
    "/transfer-ends": "对方挂机",
}


def speech_text(data: FlowData, speech: tuple[AnySpeech, ...]) -> str:
    """What the pieces of a ``Play`` say, as text."""
    parts: list[str] = []
    for piece in speech:
        match piece:
            case Say():
                parts.append(data.prompts[piece.prompt])
            case Text() | Digits():
                parts.append(piece.text)
            case Pause():
                pass
    text = "，".join(parts)
    return re.sub(r"([，。？！：])，", r"\1", text)
