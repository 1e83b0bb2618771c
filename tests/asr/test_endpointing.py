from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.endpointing import (
    FRAME_MS,
    Decision,
    Ended,
    Endpointer,
    Started,
    Sustained,
    is_unfinished,
)
from asr.settings import ListenSettings


def run(endpointer: Endpointer, *stretches: tuple[bool, int], text: str = "") -> list[Decision]:
    """Feed stretches of (voiced, ms); tell ``text`` as soon as a turn is on."""
    decisions: list[Decision] = []
    for voiced, ms in stretches:
        for _ in range(ms // FRAME_MS):
            decisions += endpointer.frame(voiced)
            if endpointer.in_turn and text:
                endpointer.partial(text)
    return decisions


def kinds(decisions: Iterable[Decision]) -> list[type]:
    return [type(decision) for decision in decisions]


VOICE, SILENCE = True, False


def test_speech_starts_is_sustained_and_ends_after_the_configured_silence() -> None:
    heard = run(Endpointer(), (SILENCE, 1000), (VOICE, 800), (SILENCE, 1000))
    assert heard == [
        Started(1000),
        Sustained(1260),
        Ended(1000, 1800, 2360, 800, "silence"),
    ]


@pytest.mark.parametrize("length", [60, 100, 180, 200])
def test_a_cough_is_not_sustained(length: int) -> None:
    heard = run(Endpointer(), (VOICE, length), (SILENCE, 2000))
    assert Sustained not in kinds(heard)


@pytest.mark.parametrize("length", [20, 40])
def test_a_click_does_not_start_anything(length: int) -> None:
    assert run(Endpointer(), (VOICE, length), (SILENCE, 1000)) == []


def test_two_coughs_do_not_add_up_to_a_barge_in() -> None:
    heard = run(Endpointer(), (VOICE, 160), (SILENCE, 260), (VOICE, 160), (SILENCE, 2000))
    assert Sustained not in kinds(heard)


def test_short_gaps_between_syllables_do_not_hinder_a_barge_in() -> None:
    heard = run(Endpointer(), (VOICE, 120), (SILENCE, 60), (VOICE, 120), (SILENCE, 40), (VOICE, 80))
    sustained = [decision for decision in heard if isinstance(decision, Sustained)]
    assert sustained == [Sustained(260)]


def test_an_expected_answer_ends_the_turn_early() -> None:
    endpointer = Endpointer()
    endpointer.expect({"对", "不对"})
    heard = run(endpointer, (VOICE, 300), (SILENCE, 1000), text="不对")
    assert heard[-1] == Ended(0, 300, 560, 300, "expected", "不对")


def test_another_answer_does_not() -> None:
    endpointer = Endpointer()
    endpointer.expect({"对"})
    heard = run(endpointer, (VOICE, 300), (SILENCE, 1000), text="不对吧")
    assert heard[-1] == Ended(0, 300, 860, 300, "silence", "不对吧")


def test_expectations_apply_to_the_turn_in_progress() -> None:
    endpointer = Endpointer()
    run(endpointer, (VOICE, 300), text="对")
    endpointer.expect({"对"})
    heard = run(endpointer, (SILENCE, 1000))
    assert heard[-1] == Ended(0, 300, 560, 300, "expected", "对")


@pytest.mark.parametrize("text", ["我家门口的", "我想投诉那个", "幺三八", "电话是幺三八零零幺三"])
def test_an_unfinished_text_is_waited_for(text: str) -> None:
    heard = run(Endpointer(), (VOICE, 600), (SILENCE, 3000), text=text)
    assert heard[-1] == Ended(0, 600, 1700, 600, "silence", text)


@pytest.mark.parametrize(
    "text",
    ["是的", "不是", "好的", "嗯", "路灯坏了", "电话是幺三八零零幺三八零零零", "三栋", "十二", ""],
)
def test_a_finished_text_is_not(text: str) -> None:
    assert not is_unfinished(text)


def test_a_pause_inside_a_number_does_not_end_the_turn() -> None:
    endpointer = Endpointer()
    run(endpointer, (VOICE, 800), text="幺三八")
    assert Ended not in kinds(run(endpointer, (SILENCE, 900), (VOICE, 600)))


def test_the_dialogues_own_silence_replaces_the_configured_one() -> None:
    endpointer = Endpointer()
    endpointer.expect(end_silence_ms=900)
    heard = run(endpointer, (VOICE, 400), (SILENCE, 2000))
    assert heard[-1] == Ended(0, 400, 1300, 400, "silence")


def test_a_turn_is_cut_at_the_longest_and_the_next_begins_at_once() -> None:
    heard = run(Endpointer(), (VOICE, 30_000), (SILENCE, 1000))
    ends = [decision for decision in heard if isinstance(decision, Ended)]
    assert ends[0] == Ended(0, 20_000, 20_000, 20_000, "too-long")
    assert Started(20_000) in heard
    assert ends[1].spoken_end == 30_000


def test_a_click_in_the_closing_silence_does_not_hold_the_turn_open() -> None:
    heard = run(Endpointer(), (VOICE, 400), (SILENCE, 300), (VOICE, 20), (SILENCE, 1000))
    assert heard[-1] == Ended(0, 400, 960, 420, "silence")


def test_a_cancelled_turn_is_forgotten() -> None:
    endpointer = Endpointer()
    run(endpointer, (VOICE, 400))
    endpointer.cancel()
    assert run(endpointer, (SILENCE, 2000)) == []


def test_flush_ends_the_turn_in_progress_only() -> None:
    endpointer = Endpointer()
    assert endpointer.flush() is None
    run(endpointer, (VOICE, 400), (SILENCE, 100))
    assert endpointer.flush() == Ended(0, 400, 500, 400, "flushed")
    assert endpointer.flush() is None


@given(
    st.lists(st.booleans(), max_size=3000),
    st.sampled_from(["", "是", "我家的", "一二三四"]),
    st.sets(st.sampled_from(["是", "不是"])),
)
def test_whatever_is_heard_turns_are_whole_and_in_order(
    frames: list[bool], text: str, expect: set[str]
) -> None:
    settings = ListenSettings()
    endpointer = Endpointer(settings)
    endpointer.expect(expect)
    started: Started | None = None
    sustained = False
    last_end = 0
    for at, voiced in enumerate(frames):
        now = (at + 1) * FRAME_MS
        for decision in endpointer.frame(voiced):
            match decision:
                case Started(begun):
                    assert started is None
                    assert last_end <= begun < now
                    started, sustained = decision, False
                case Sustained(when):
                    assert started is not None and not sustained
                    assert when == now >= started.at + settings.sustained_ms
                    sustained = True
                case Ended(start, spoken_end, when, amount):
                    assert started is not None and start == started.at
                    assert start < spoken_end <= when == now
                    assert settings.onset_ms <= amount <= when - start <= settings.max_turn_ms
                    started, last_end = None, now
        if endpointer.in_turn:
            endpointer.partial(text)
    assert endpointer.in_turn == (started is not None)
