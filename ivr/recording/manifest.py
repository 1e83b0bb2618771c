"""What belongs to a recording: who spoke when, about which ticket, and proof of the audio.

The manifest holds the caller's full number; it is written for its owner only, like the audio.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

VERSION = 1
Ended = Literal["complete", "interrupted"]


class ManifestError(Exception):
    """A manifest cannot be read; the message names the file and what is wrong."""


class Party(msgspec.Struct, frozen=True):
    """Who is heard on a channel: ``channel`` 0 is the caller's side, 1 everybody else's.

    ``role``: "caller", "hotline", "operator", "guest", "supervisor"…; ``target`` is who was rung
    as that ("seat:801", "119"), ``name`` the same for people; ``leg`` tells several apart that
    share a channel (None: the hotline's own voice). Times are ms on the recording: somebody who
    was held, muted or only listened in between is heard in a part of it.
    """

    channel: int
    role: str
    name: str = ""
    from_ms: int = 0
    to_ms: int | None = None
    leg: int | None = None
    target: str = ""


class Line(msgspec.Struct, frozen=True):
    """One thing said, or keyed, and when on the recording (ms).

    ``who`` is the role of its party, ``party`` that party's target.
    """

    at_ms: int
    channel: int
    who: str
    text: str
    end_ms: int | None = None
    party: str = ""


class Span(msgspec.Struct, frozen=True):
    """A stretch of the recording, in ms."""

    from_ms: int
    to_ms: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One recorded call. ``started`` and ``ended`` carry their time zone.

    ``caller_masked`` is what lists and logs may show (:func:`flows.privacy.mask_number`).
    ``notice_ms`` is when on the recording, or before it (negative), the notice that the call
    is recorded had been played; None if it was not. ``masked`` are the stretches that are silent
    because something private was given there. ``sha256`` is of the whole audio file.
    ``outcome`` is "interrupted" when the recording's writer or the node died in mid-call.
    """

    call_id: str
    caller: str
    caller_masked: str
    called: str
    started: datetime
    ended: datetime | None
    node: str
    audio: str
    ms: int
    sha256: str
    outcome: Ended = "complete"
    notice_ms: int | None = None
    tickets: tuple[str, ...] = ()
    masked: tuple[Span, ...] = ()
    parties: tuple[Party, ...] = ()
    lines: tuple[Line, ...] = ()
    version: int = VERSION

    def __post_init__(self) -> None:
        for moment in (self.started, self.ended):
            if moment is not None and moment.tzinfo is None:
                raise ValueError("a manifest's times need a time zone")


def sha256_of(path: Path) -> str:
    """The digest of a file, 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write atomically and for good (mode 0600); OSError when there is no room."""
    body = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".manifest-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body + b"\n")
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def read_manifest(path: Path) -> Manifest:
    """Read one back; raises :class:`ManifestError`, or OSError when it is not there."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (msgspec.DecodeError, ValueError) as error:
        raise ManifestError(f"{path}: {error}") from error
