"""Which recordings say a text."""

from __future__ import annotations

import pytest

from ivr.speech.joining import GROUP_GAP_MS, Joiner, Recorded, Silence, Unrecorded
from ivr.speech.vocabulary import units

WORDS = {unit.word: unit.id for unit in units() if unit.id.endswith(".mid")}
JOINER = Joiner({**WORDS, "海城区": "county.450502", "社会保障卡临时挂失": "svc.0602"})


def names(pieces: list[object]) -> list[str]:
    """Recordings by the middle of their id, other pieces by their text or length."""
    found = []
    for piece in pieces:
        match piece:
            case Recorded(prompt):
                found.append(prompt.removeprefix("unit."))
            case Unrecorded(text):
                found.append(f"<{text}>")
            case Silence(ms):
                found.append(f"{ms}ms")
    return found


def test_a_ticket_number_is_read_in_groups_and_pairs_and_falls_at_its_end() -> None:
    pieces = JOINER.code("BH20261123000001")
    assert names(list(pieces)) == [
        "letter-B.mid", "letter-H.mid",
        "pair-20.mid", "pair-26.mid", "pair-11.mid", "pair-23.mid",
        "pair-00.mid", "0.mid", "pair-00.mid", "yao.end",
    ]  # fmt: skip
    gaps = [piece.gap_ms for piece in pieces if isinstance(piece, Recorded)]
    assert [gap == GROUP_GAP_MS for gap in gaps] == [
        False, True, False, True, True, True, False, True, False, False,
    ]  # fmt: skip
    assert gaps[-1] == 0


def test_a_mobile_number_is_read_three_four_four() -> None:
    assert names(list(JOINER.code("13877912345"))) == [
        "pair-13.mid", "8.mid", "pair-77.mid", "pair-91.mid", "pair-23.mid", "4.mid", "5.end",
    ]  # fmt: skip


def test_the_hotlines_own_number_is_read_with_yi() -> None:
    assert names(list(JOINER.code("12345")))[0] == "1.mid"
    assert names(list(JOINER.code("12345")))[-1] == "5.end"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026年11月23日", ["year-2026.mid", "month-11.mid", "day-23.mid"]),
        ("昨天晚上8:30", ["word-yesterday.mid", "word-evening.mid", "hour-8.mid", "30.mid",
                       "word-fen.mid"]),
        ("3500元", ["3.mid", "word-qian.mid", "5.mid", "word-bai.mid", "word-yuan.mid"]),
        ("2个", ["liang.mid", "word-ge.mid"]),
        ("海城区", ["county.450502"]),
        ("社会保障卡临时挂失", ["svc.0602"]),
        ("昨天，停水", ["word-yesterday.mid", "220ms", "word-no-water.mid"]),
    ],
)  # fmt: skip
def test_what_is_recorded_is_joined(text: str, said: list[str]) -> None:
    assert names(list(JOINER.text(text))) == said


def test_a_clause_with_an_unknown_word_keeps_one_voice_but_for_names_and_numbers() -> None:
    assert names(list(JOINER.text("海城区长青路12号有人打架"))) == [
        "county.450502",
        "<长青路十二号有人打架>",
    ]
    assert names(list(JOINER.text("找王师傅13877912345"))) == [
        "<找王师傅>", "pair-13.mid", "8.mid", "pair-77.mid", "pair-91.mid", "pair-23.mid",
        "4.mid", "5.end",
    ]  # fmt: skip


def test_what_nobody_recorded_goes_to_the_run_time_voice() -> None:
    assert names(list(Joiner({}).text("第3件"))) == ["<第三件>"]
    assert names(list(Joiner({}).code("B1"))) == ["<必>", "<一>"]


def test_every_unit_has_its_own_id_and_every_word_one_recording() -> None:
    assert len({unit.id for unit in units()}) == len(units())
    mids = [unit.word for unit in units() if unit.id.endswith(".mid")]
    assert len(set(mids)) == len(mids)
    for unit in units():
        if unit.id.endswith(".end"):
            assert unit.id.removesuffix("end") + "mid" in {other.id for other in units()}
