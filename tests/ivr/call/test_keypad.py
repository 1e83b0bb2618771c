"""Collecting keys into inputs."""

from flows.commands import KeyInput
from ivr.call.keypad import Keypad


def test_a_single_key_is_an_input_at_once() -> None:
    pad = Keypad()
    assert pad.press("3") == "3"
    assert not pad.pending


def test_hash_ends_an_input_and_is_not_part_of_it() -> None:
    pad = Keypad()
    pad.expect(KeyInput(max_digits=11))
    assert [pad.press(key) for key in "0601#"] == [None, None, None, None, "0601"]


def test_a_lone_hash_gives_an_empty_input() -> None:
    pad = Keypad()
    pad.expect(KeyInput(max_digits=4))
    assert pad.press("#") == ""


def test_the_inter_digit_time_out_takes_what_is_there() -> None:
    pad = Keypad()
    pad.expect(KeyInput(max_digits=4))
    pad.press("0")
    assert pad.pending
    assert pad.flush() == "0"
    assert not pad.pending


def test_keys_pressed_ahead_count_for_the_next_question() -> None:
    pad = Keypad()
    pad.expect(KeyInput(max_digits=4))
    pad.press("1")
    pad.expect(KeyInput(max_digits=2))
    assert pad.press("2") == "12"
