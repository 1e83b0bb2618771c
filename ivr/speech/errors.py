"""What can go wrong when something is to be said."""

from __future__ import annotations

from pathlib import Path


class SpeechError(Exception):
    """Nothing could be said."""


class UnusableWav(SpeechError):
    """A WAV file cannot be played; the message names the file and what is wrong with it."""

    def __init__(self, path: Path, cause: str) -> None:
        super().__init__(f"{path}：{cause}")
        self.path = path
        self.cause = cause


class TtsFailed(SpeechError):
    """The run-time synthesiser did not speak, even after its process was replaced."""


class PromptMissing(SpeechError):
    """There is no recording for a prompt id, neither shipped nor in the city's directory."""

    def __init__(self, prompt: str) -> None:
        super().__init__(f"提示音 {prompt} 没有录音")
        self.prompt = prompt
