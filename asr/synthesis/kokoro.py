"""Mandarin speech with Kokoro-82M on onnxruntime: about twice as fast as real time on one core.

Fill its folder once with `python -m asr.synthesis.setup`. Digits are read best when written as
hanzi (一二三四五); Latin letters and symbols are left out of what is spoken.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

DEFAULT_FOLDER = Path(__file__).resolve().parents[2] / ".build" / "kokoro"
SAMPLE_RATE = 24000
VOICES = (
    "zf_xiaobei",
    "zf_xiaoni",
    "zf_xiaoxiao",
    "zf_xiaoyi",
    "zm_yunjian",
    "zm_yunxi",
    "zm_yunxia",
    "zm_yunyang",
)
_MOST_SYMBOLS = 508


class Kokoro:
    """One loaded synthesiser; it holds about 800 MB, so make one per process and keep it."""

    def __init__(self, model_dir: Path | str = DEFAULT_FOLDER, threads: int = 1) -> None:
        import jieba
        import onnxruntime
        from misaki import zh

        jieba.setLogLevel(logging.ERROR)
        self._folder = Path(model_dir)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(self._folder / "kokoro.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._symbols: dict[str, int] = json.loads(
            (self._folder / "symbols.json").read_text(encoding="utf-8")
        )
        self._phonemes = zh.ZHG2P()
        self._styles: dict[str, Floats] = {}

    def voice_names(self) -> list[str]:
        """All voices in the folder, other languages' too (useful only for mixing)."""
        return sorted(path.stem for path in (self._folder / "voices").glob("*.bin"))

    def style(self, voice: str) -> Floats:
        """A voice's style, shape (510, 1, 256): one vector for each length of the sentence.

        A weighted sum of two voices' styles is again a style: another speaker.
        """
        if voice not in self._styles:
            path = self._folder / "voices" / f"{voice}.bin"
            self._styles[voice] = np.fromfile(path, dtype=np.float32).reshape(-1, 1, 256)
        return self._styles[voice]

    def speak(
        self,
        text: str,
        voice: str = "zf_xiaobei",
        speed: float = 1.0,
        style: Floats | None = None,
    ) -> tuple[Floats, int]:
        """The speech as samples within about ±1, shape (n,), and their rate, 24000 a second.

        `speed` above 1 is faster. `style`, when given, takes the place of `voice`.
        """
        phonemes = str(self._phonemes(text)[0])
        tokens = [self._symbols[c] for c in phonemes if c in self._symbols][:_MOST_SYMBOLS]
        if not tokens:
            raise ValueError(f"nothing in {text!r} can be spoken")
        chosen = self.style(voice) if style is None else style
        feed = {
            "tokens": np.array([[0, *tokens, 0]], dtype=np.int64),
            "style": chosen[len(tokens)].reshape(1, 256),
            "speed": np.array([speed], dtype=np.float32),
        }
        speech = np.asarray(self._session.run(None, feed)[0], dtype=np.float32).ravel()
        return speech, SAMPLE_RATE
