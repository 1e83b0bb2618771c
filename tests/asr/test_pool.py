"""How the decoder process shares its threads, with an engine that decodes when told."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from asr.decoder.messages import Failed, Final, Message, Partial
from asr.decoder.pool import Pool
from asr.engine import BYTES_PER_SECOND, Result

SECOND = bytes(BYTES_PER_SECOND)


class SlowStream:
    """Counts the seconds it was given; decodes only while the engine's gate is open."""

    def __init__(self, engine: SlowEngine) -> None:
        self._engine = engine
        self._bytes = 0

    def accept(self, pcm: bytes, *, partial: bool = True) -> str:
        assert self._engine.busy.acquire(blocking=False) or self._engine.threads > 1
        self._engine.entered.set()
        assert self._engine.gate.wait(10)
        if pcm.startswith(b"bad"):
            raise ValueError("this audio breaks the recogniser")
        self._bytes += len(pcm)
        self._engine.partials.append(partial)
        self._engine.busy.release()
        return f"{self._bytes / BYTES_PER_SECOND:g}"

    def finish(self) -> Result:
        return Result(f"{self._bytes / BYTES_PER_SECOND:g}")

    def discard(self) -> None:
        self._engine.discarded.set()


class SlowEngine:
    def __init__(self, threads: int = 1) -> None:
        self.threads = threads
        self.gate = threading.Event()
        self.entered = threading.Event()
        self.discarded = threading.Event()
        self.busy = threading.Semaphore(threads)
        self.partials: list[bool] = []
        self.phrases: list[tuple[str, ...]] = []

    def open(self, phrases: Sequence[str] = ()) -> SlowStream:
        self.phrases.append(tuple(phrases))
        return SlowStream(self)

    def top_up(self) -> None:
        pass


class Bench:
    def __init__(self, threads: int = 1, max_lag_s: float = 10) -> None:
        self.engine = SlowEngine(threads)
        self.said: queue.Queue[Message] = queue.Queue()
        self.pool = Pool(self.engine, threads, max_lag_s, self.said.put)
        self.pool.start()

    def busy(self) -> None:
        """Keep the only thread busy with an utterance of its own, numbered 0."""
        self.pool.open(0)
        self.pool.feed(0, SECOND)
        assert self.engine.entered.wait(10)

    def until(self, wanted: Callable[[Message], bool]) -> list[Message]:
        """Everything said up to and with the first message that is wanted."""
        seen: list[Message] = []
        while not seen or not wanted(seen[-1]):
            seen.append(self.said.get(timeout=100))
        return seen


def is_final(number: int) -> Callable[[Message], bool]:
    return lambda message: isinstance(message, Final) and message.stream == number


def test_an_utterance_is_decoded_whole_and_in_order() -> None:
    bench = Bench(threads=2)
    bench.engine.gate.set()
    bench.pool.open(1)
    for _ in range(5):
        bench.pool.feed(1, SECOND)
    bench.pool.finish(1)
    assert bench.until(is_final(1))[-1] == Final(1, Result("5"))


def test_an_utterance_behind_its_audio_catches_up_before_it_tells_partials() -> None:
    bench = Bench(max_lag_s=100)
    bench.busy()
    bench.pool.open(1)
    for _ in range(4):
        bench.pool.feed(1, SECOND)
    bench.engine.gate.set()
    partials = [
        message
        for message in bench.until(lambda message: message == Partial(1, "4"))
        if isinstance(message, Partial) and message.stream == 1
    ]
    assert [message.text for message in partials] == ["3", "3.5", "4"]


def test_the_phrases_of_an_utterance_reach_its_recogniser() -> None:
    bench = Bench()
    bench.engine.gate.set()
    for number, phrases in ((1, ("同意", "不同意")), (2, ())):
        bench.pool.open(number, phrases)
        bench.pool.finish(number)
        bench.until(is_final(number))
    assert bench.engine.phrases == [("同意", "不同意"), ()]


def test_one_that_is_over_goes_before_one_that_is_not() -> None:
    bench = Bench()
    bench.busy()
    for number in (1, 2, 3):
        bench.pool.open(number)
        bench.pool.feed(number, SECOND)
    bench.pool.finish(3)
    bench.engine.gate.set()
    seen = bench.until(is_final(3))
    assert not [message for message in seen if getattr(message, "stream", 0) in (1, 2)]


def test_one_that_lags_too_far_is_given_up_and_the_others_are_not() -> None:
    bench = Bench(max_lag_s=3)
    bench.busy()
    bench.pool.open(1)
    bench.pool.open(2)
    bench.pool.feed(2, SECOND)
    for _ in range(4):
        bench.pool.feed(1, SECOND)
    bench.pool.finish(2)
    bench.engine.gate.set()
    seen = bench.until(is_final(2))
    assert [m.stream for m in seen if isinstance(m, Failed)] == [1]
    bench.pool.finish(1)
    assert isinstance(bench.until(lambda m: isinstance(m, Failed))[-1], Failed)


def test_a_recogniser_that_raises_costs_its_own_utterance_only() -> None:
    bench = Bench()
    bench.engine.gate.set()
    bench.pool.open(1)
    bench.pool.feed(1, b"bad" + SECOND)
    assert bench.until(lambda m: isinstance(m, Failed))[-1] == Failed(1, "ValueError")
    bench.engine.busy.release()
    bench.pool.open(2)
    bench.pool.feed(2, SECOND)
    bench.pool.finish(2)
    assert bench.until(is_final(2))[-1] == Final(2, Result("1"))


def test_a_cancelled_one_gives_its_recogniser_back_and_says_nothing() -> None:
    bench = Bench()
    bench.pool.open(1)
    bench.pool.feed(1, SECOND)
    assert bench.engine.entered.wait(10)
    bench.pool.cancel(1)
    bench.engine.gate.set()
    assert bench.engine.discarded.wait(10)
    bench.pool.open(2)
    bench.pool.finish(2)
    seen = bench.until(is_final(2))
    assert not [m for m in seen if isinstance(m, Final | Failed) and m.stream == 1]


@pytest.mark.parametrize("call", ["feed", "cancel"])
def test_an_utterance_nobody_knows_is_ignored(call: str) -> None:
    bench = Bench()
    bench.engine.gate.set()
    arguments: tuple[Any, ...] = (9, SECOND) if call == "feed" else (9,)
    getattr(bench.pool, call)(*arguments)
    bench.pool.finish(9)
    assert bench.until(lambda m: isinstance(m, Failed))[0] == Failed(
        9, "this utterance is not known"
    )
