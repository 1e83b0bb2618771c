"""The prompt library: shipped recordings, and the city's own WAV files in place of them.

A city's file is looked at again whenever it changed, so a prompt is replaced on a running
line by putting a file into the directory.
"""

from __future__ import annotations

import difflib
import hashlib
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec
import soundfile

from flows.prompts import LONGEST_S
from ivr.speech.errors import PromptMissing, UnusableWav
from ivr.speech.index import Entry, identity, prompt_identity, read_index
from ivr.speech.pcm import OGG, RATE, Pcm, load_wav, milliseconds, read_own
from ivr.speech.spelling import FIGURES
from ivr.speech.vocabulary import Unit, units

log = logging.getLogger(__name__)

SHIPPED = Path(__file__).parent / "audio"
# Tones have no words, so nothing in the flows' prompts names them.
TONES = ("tone.beep", "tone.ringback", "music.hold")

Kind = Literal["missing", "stale", "unusable", "unknown", "long"]


class Problem(msgspec.Struct, frozen=True):
    """Something wrong with a prompt. ``fatal``: the line must not open with it."""

    prompt: str
    kind: Kind
    message: str
    fatal: bool = False


class Recording(msgspec.Struct, frozen=True):
    """A prompt ready to be played: its words, its samples, and their identity.

    ``path`` is the file itself where it can be played as it is, None where it was converted.
    """

    id: str
    text: str
    pcm: Pcm
    sha256: str
    path: Path | None = None

    @property
    def ms(self) -> int:
        """How long it lasts."""
        return milliseconds(self.pcm)


class _Loaded(msgspec.Struct, frozen=True):
    stamp: tuple[int, int]
    recording: Recording | None


class PromptLibrary:
    """Finds the recording of a prompt.

    ``prompts`` are the ids and texts that the flows use now; a shipped recording with other
    words is stale. ``overrides`` are directories of ``<id>.wav`` files, the first one wins.
    """

    def __init__(
        self,
        prompts: Mapping[str, str],
        overrides: Sequence[Path] = (),
        shipped: Path = SHIPPED,
    ) -> None:
        self._prompts = dict(prompts)
        self._overrides = tuple(overrides)
        self._shipped = shipped
        self._index: dict[str, Entry] = read_index(shipped).recordings
        self._texts = {**{name: entry.text for name, entry in self._index.items()}, **self._prompts}
        self._loaded: dict[Path, _Loaded] = {}

    def text(self, prompt: str) -> str:
        """The words of a prompt; raises :class:`PromptMissing` for an id nobody knows."""
        try:
            return self._texts[prompt]
        except KeyError:
            raise PromptMissing(prompt) from None

    def recording(self, prompt: str) -> Recording:
        """The prompt as it is to be played; raises :class:`PromptMissing`.

        A city's file that has become unusable is logged and the shipped recording taken.
        """
        for directory in self._overrides:
            found = self._cached(directory / f"{prompt}.wav", prompt)
            if found is not None:
                return found
        if prompt in self._index:
            found = self._cached(shipped_file(self._shipped, prompt), prompt)
            if found is not None:
                return found
        raise PromptMissing(prompt)

    def replaced(self, prompt: str) -> bool:
        """Whether the city's own file is there in place of the shipped recording."""
        return any(self._override(prompt))

    def stale(self, prompt: str) -> bool:
        """Whether the shipped recording says other words than the flows want, unreplaced."""
        entry, wanted = self._index.get(prompt), self._prompts.get(prompt)
        if entry is None or wanted is None or any(self._override(prompt)):
            return False
        return entry.sha256 != prompt_identity(wanted)

    def words(self) -> dict[str, str]:
        """Recorded words and short names by what they say, for joining: word to prompt id."""
        found: dict[str, str] = {}
        for name, text in self._texts.items():
            plain = text.rstrip("。！？，")
            if not plain or name in found or self.stale(name):
                continue
            if name in self._index and len(plain) <= _LONGEST_WORD and plain not in found:
                found[plain] = name
        for unit in units():
            if unit.id in self._index and unit.id.endswith(".mid"):
                found[unit.word] = unit.id
        return found

    def check(self) -> list[Problem]:
        """Everything wrong with the prompts that the flows use and with the city's files."""
        problems = [problem for name in self._prompts for problem in self._check_prompt(name)]
        for unit in units():
            problems.extend(self._check_unit(unit))
        for tone in TONES:
            problems.extend(self._check_file(tone))
        for directory in self._overrides:
            problems.extend(self._check_directory(directory))
        return problems

    def _override(self, prompt: str) -> list[Path]:
        paths = [directory / f"{prompt}.wav" for directory in self._overrides]
        return [path for path in paths if path.is_file()]

    def _check_prompt(self, prompt: str) -> list[Problem]:
        if self._override(prompt):
            return []
        # The run-time voice says what was never recorded: a service added to the data is heard
        # at once, and still after a restart. A recording that has gone is a broken installation.
        problems = [
            msgspec.structs.replace(problem, fatal=prompt in self._index)
            for problem in self._check_file(prompt)
        ]
        if not problems and self.stale(prompt):
            message = f"提示音 {prompt} 的文字已改，录音未更新，暂用合成语音；请运行 make prompts"
            problems.append(Problem(prompt, "stale", message))
        elif not problems and self._index[prompt].ms > LONGEST_S * 1000:
            lasts = self._index[prompt].ms / 1000
            message = f"提示音 {prompt} 长 {lasts:.1f} 秒，最多 {LONGEST_S:.0f} 秒"
            problems.append(Problem(prompt, "long", message))
        return problems

    def _check_unit(self, unit: Unit) -> list[Problem]:
        """Only single figures are indispensable; the run-time voice says other words."""
        if self._override(unit.id):
            return []
        problems = self._check_file(unit.id)
        if not problems and self._index[unit.id].sha256 != identity(unit.said, unit.speed):
            message = f"单元录音 {unit.id} 已过期；请运行 make prompts"
            return [Problem(unit.id, "stale", message)]
        if unit.word in FIGURES:
            return problems
        return [msgspec.structs.replace(problem, fatal=False) for problem in problems]

    def _check_file(self, prompt: str) -> list[Problem]:
        if self._override(prompt):
            return []
        path = shipped_file(self._shipped, prompt)
        if prompt not in self._index or not path.is_file():
            message = (
                f"提示音 {prompt} 没有录音（{path}），暂用合成语音；"
                "请运行 make prompts 或放入自录 WAV 文件"
            )
            return [Problem(prompt, "missing", message, fatal=True)]
        if path.suffix == OGG:
            return self._check_length(prompt, path)
        try:
            load_wav(path)
        except UnusableWav as error:
            return [Problem(prompt, "unusable", str(error), fatal=True)]
        return []

    def _check_length(self, prompt: str, path: Path) -> list[Problem]:
        """Decoding a thousand files takes seconds; a file cut short is found by its length."""
        try:
            ms = soundfile.info(path).frames * 1000 // RATE
        except (soundfile.LibsndfileError, OSError) as error:
            return [Problem(prompt, "unusable", f"{path}: 无法解码（{error}）", fatal=True)]
        if abs(ms - self._index[prompt].ms) > 1:
            message = f"{path}: 应有 {self._index[prompt].ms} 毫秒，只有 {ms} 毫秒"
            return [Problem(prompt, "unusable", message, fatal=True)]
        return []

    def _check_directory(self, directory: Path) -> list[Problem]:
        if not directory.is_dir():
            message = f"提示音目录 {directory} 不存在"
            return [Problem("", "missing", message, fatal=True)]
        problems: list[Problem] = []
        known = set(self._texts) | set(TONES)
        for path in sorted(directory.iterdir()):
            if path.is_dir() or path.name.startswith("."):
                continue
            name = path.stem
            if path.suffix.lower() != ".wav" or name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f"，是不是 {near[0]}.wav？" if near else ""
                problems.append(Problem(name, "unknown", f"{path}：没有这个提示音{hint}"))
                continue
            try:
                load_wav(path)
            except UnusableWav as error:
                problems.append(Problem(name, "unusable", str(error), fatal=True))
        return problems

    def _cached(self, path: Path, prompt: str) -> Recording | None:
        """The file's recording, read again when it changed; None when absent or unusable."""
        try:
            status = path.stat()
        except OSError:
            return None
        stamp = (status.st_mtime_ns, status.st_size)
        known = self._loaded.get(path)
        if known is None or known.stamp != stamp:
            known = _Loaded(stamp, self._read(path, prompt))
            self._loaded[path] = known
        return known.recording

    def _read(self, path: Path, prompt: str) -> Recording | None:
        try:
            pcm = read_own(path) if path.suffix == OGG else load_wav(path)
        except (UnusableWav, soundfile.LibsndfileError) as error:
            log.error("prompt file is unusable: %s", error, extra={"action": "prompt_unusable"})
            return None
        digest = hashlib.sha256(pcm.tobytes()).hexdigest()
        own = path.parent == self._shipped and path.suffix != OGG
        playable = path if own else None
        return Recording(prompt, self._texts.get(prompt, ""), pcm, digest, playable)


def shipped_file(directory: Path, prompt: str) -> Path:
    """Where a recording of ``directory`` lies: Ogg, or WAV where the SIP worker plays it."""
    wav = directory / f"{prompt}.wav"
    return wav if wav.is_file() else wav.with_name(f"{prompt}{OGG}")


_LONGEST_WORD = 20
