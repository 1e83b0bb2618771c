"""Unpacking a model's ZIP file, which may come from anywhere."""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from asr.engine import ModelError

MAX_BYTES = 8 * 1024**3
"""More than the largest official Mandarin model unpacked (about 2 GB)."""
MAX_FILES = 2000
_COPY = 1 << 20


def unpack(archive: Path, into: Path, on_progress: Callable[[int, int], None]) -> None:
    """Unpack ``archive`` under ``into``; progress in bytes.

    Raises :class:`ModelError` for what is not a ZIP file, is damaged, has names that lead
    outside, links or encrypted files, or would unpack to more than :data:`MAX_BYTES`,
    :data:`MAX_FILES` files or the space left on the disk.
    """
    if not archive.is_file():
        raise ModelError(f"{archive}: there is no such file")
    try:
        with zipfile.ZipFile(archive) as opened:
            _unpack(archive, opened, into, on_progress)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeError) as error:
        raise ModelError(f"{archive}: not a ZIP file, or damaged ({error})") from error
    except OSError as error:
        raise ModelError(f"{archive}: cannot be unpacked ({error.strerror or error})") from error


def _unpack(
    archive: Path, opened: zipfile.ZipFile, into: Path, on_progress: Callable[[int, int], None]
) -> None:
    entries = opened.infolist()
    if len(entries) > MAX_FILES:
        raise ModelError(f"{archive}: {len(entries)} files in it; a model has fewer")
    total = sum(entry.file_size for entry in entries)
    free = shutil.disk_usage(into).free
    if total > min(MAX_BYTES, free):
        raise ModelError(f"{archive}: {total} bytes unpacked are more than fit")
    done = 0
    for entry in entries:
        target = into / _safe(archive, entry)
        if entry.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with opened.open(entry) as source, target.open("xb") as sink:
            # The sizes in the directory may lie; what comes out is what counts.
            while piece := source.read(_COPY):
                done += len(piece)
                if done > total:
                    raise ModelError(f"{archive}: larger than it says")
                sink.write(piece)
                on_progress(done, total)


def _safe(archive: Path, entry: zipfile.ZipInfo) -> PurePosixPath:
    name = PurePosixPath(entry.filename.replace("\\", "/"))
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if name.is_absolute() or ".." in name.parts or ":" in entry.filename or "\0" in entry.filename:
        raise ModelError(f"{archive}: the name {entry.filename!r} leads outside")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ModelError(f"{archive}: {entry.filename!r} is neither a file nor a directory")
    if entry.flag_bits & 1:
        raise ModelError(f"{archive}: {entry.filename!r} is encrypted")
    return name
