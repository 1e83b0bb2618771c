"""A call's recording and the manifest beside it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from adapters.model import Line
from flows.privacy import mask_number
from ivr.call.services import Services
from ivr.call.timeline import TimeLine
from ivr.recording import manifest
from ivr.recording.paths import RecordingPaths, manifest_of
from ivr.recording.repair import repair
from ivr.recording.riff import NotWav
from ivr.sip.messages import Incoming, Masked, Recorded
from ivr.talk.party import Presence

log = logging.getLogger(__name__)

RECORDINGS = "recordings"
CALLER_CHANNEL, OTHERS_CHANNEL = 0, 1
CITIZENS = frozenset({"caller", "citizen"})


class CallFiles:
    """Where one call is recorded, and what is written when it is over."""

    def __init__(self, services: Services, incoming: Incoming, began: datetime) -> None:
        self._services = services
        self._incoming = incoming
        self._began = began
        self._paths = RecordingPaths(services.data_dir.absolute() / RECORDINGS)
        self._path: Path | None = None
        self._closed_well = False
        self._masked: list[tuple[int, int]] = []

    @property
    def planned(self) -> str:
        """Where the recording will be, below the data directory."""
        planned = self._paths.planned(self._incoming.call_id, self._began)
        return str(planned.relative_to(self._services.data_dir.absolute()))

    def start(self) -> Path | None:
        """The file to record into from now on, None if there is no place for it."""
        try:
            self._path = self._paths.audio(self._incoming.call_id, self._began)
        except OSError as error:
            log.error("no recording: %s", error, extra=self._extra())
        return self._path

    def told(self, message: Recorded | Masked) -> None:
        """The worker has closed the file, or made a stretch of it silent."""
        if isinstance(message, Masked):
            self._masked.append((message.from_ms, message.to_ms))
        else:
            self._closed_well = True

    def close(
        self,
        ended: datetime,
        interrupted: bool,
        lines: Sequence[Line],
        tickets: Sequence[str],
        others: Sequence[manifest.Party] = (),
    ) -> str:
        """Mend the file if its writer died, and write the manifest. Blocks on the disk.

        ``others`` are those who took part beside the caller and the hotline.
        Returns the recording's path below the data directory, "" if there is none.
        """
        if self._path is None or not self._path.exists():
            return ""
        try:
            ms = repair(self._path).ms
            manifest.write_manifest(
                manifest_of(self._path),
                call_manifest(
                    self._path,
                    ms,
                    self._incoming,
                    (self._began, ended),
                    self._services.node,
                    lines,
                    tickets,
                    "interrupted" if interrupted or not self._closed_well else "complete",
                    self._masked,
                    others,
                ),
            )
        except (OSError, NotWav) as error:
            # Start-up finds a recording without a manifest and tries again.
            log.error("no manifest: %s", error, extra=self._extra())
        return str(self._path.relative_to(self._services.data_dir.absolute()))

    def _extra(self) -> dict[str, str]:
        return {"action": "recording", "call": self._incoming.call_id}


def others_in(presences: Sequence[Presence], time: TimeLine) -> tuple[manifest.Party, ...]:
    """Those who took part in a recorded talk beside the citizen, for its manifest."""
    return tuple(
        manifest.Party(
            OTHERS_CHANNEL,
            one.party.role,
            one.party.seat or one.party.target,
            from_ms=max(0, round(time.of(one.since) * 1000)),
            to_ms=None if one.until is None else max(0, round(time.of(one.until) * 1000)),
            leg=one.party.leg,
            target=one.party.target,
        )
        for one in presences
        if one.party.role not in CITIZENS and (one.until is None or time.of(one.until) > 0)
    )


def others_heard(lines: Sequence[Line]) -> tuple[manifest.Party, ...]:
    """The same as far as their lines show it, where nothing else is known any more."""
    heard: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        if line.speaker not in ("caller", "hotline", "note"):
            heard.setdefault((line.speaker, line.party), []).append(line)
    return tuple(
        manifest.Party(
            OTHERS_CHANNEL,
            role,
            party.removeprefix("seat:"),
            from_ms=max(0, round(min(line.start for line in said) * 1000)),
            to_ms=max(0, round(max(line.end for line in said) * 1000)),
            target=party,
        )
        for (role, party), said in heard.items()
    )


def call_manifest(
    audio: Path,
    ms: int,
    incoming: Incoming,
    span: tuple[datetime, datetime],
    node: str,
    lines: Sequence[Line],
    tickets: Sequence[str],
    outcome: manifest.Ended,
    masked: Sequence[tuple[int, int]] = (),
    others: Sequence[manifest.Party] = (),
) -> manifest.Manifest:
    """The manifest of ``audio``: recording starts when the notice has been heard, at 0 ms.

    ``masked`` are the stretches made silent, in ms.
    """
    return manifest.Manifest(
        call_id=incoming.call_id,
        caller=incoming.caller,
        caller_masked=mask_number(incoming.caller),
        called=incoming.called,
        started=span[0],
        ended=span[1],
        node=node,
        audio=audio.name,
        ms=ms,
        sha256=manifest.sha256_of(audio),
        outcome=outcome,
        notice_ms=0,
        tickets=tuple(tickets),
        masked=tuple(manifest.Span(*stretch) for stretch in masked),
        parties=(
            manifest.Party(CALLER_CHANNEL, "caller", leg=0),
            manifest.Party(OTHERS_CHANNEL, "hotline"),
            *others,
        ),
        lines=tuple(_line(line) for line in lines if line.speaker != "note"),
    )


def _line(line: Line) -> manifest.Line:
    return manifest.Line(
        at_ms=round(line.start * 1000),
        channel=CALLER_CHANNEL if line.speaker == "caller" else OTHERS_CHANNEL,
        who=line.speaker,
        text=line.text,
        end_ms=round(line.end * 1000),
        party=line.party,
    )
