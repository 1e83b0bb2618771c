"""The listener's decisions, with a decoder that hears what the test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

import pytest

from asr.engine import DecoderStream, Result
from asr.listener import Listener
from asr.scripted import ScriptedDecoder
from asr.settings import ListenSettings
from asr.turns import (
    ListenerEvent,
    PartialText,
    SpeechDropped,
    SpeechStarted,
    SpeechSustained,
    TurnEnded,
)
from tests.asr.sounds import click, cough, mix, noise, over_a_law, play, silence, speech, tone


class Line:
    """A caller's line: plays sounds into a listener and keeps its events."""

    def __init__(self, decoder: ScriptedDecoder) -> None:
        self.decoder = decoder
        self.events: list[ListenerEvent] = []
        self.listener = Listener(decoder, ListenSettings(), self.events.append)

    async def play(self, *sounds: bytes, piece_ms: int = 40) -> None:
        await play(self.listener.feed, b"".join(sounds), piece_ms)

    async def hear(self, *sounds: bytes, piece_ms: int = 40) -> list[ListenerEvent]:
        """Play, end what is in progress, and give all events so far."""
        await self.play(*sounds, piece_ms=piece_ms)
        await self.listener.flush()
        return self.events

    def turns(self) -> list[TurnEnded]:
        return [event for event in self.events if isinstance(event, TurnEnded)]

    def kinds(self) -> list[type[ListenerEvent]]:
        return [type(event) for event in self.events]


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    decoder = ScriptedDecoder()
    await decoder.start()
    line = Line(decoder)
    yield line
    line.listener.close()


async def test_a_sentence_becomes_a_turn(line: Line) -> None:
    line.decoder.say("我要转人工")
    await line.hear(silence(1000), speech(), silence(1000))
    turn = line.turns()[0]
    assert [kind for kind in line.kinds() if kind is not PartialText] == [
        SpeechStarted,
        SpeechSustained,
        TurnEnded,
    ]
    assert PartialText("我要转") in line.events
    assert line.kinds()[-1] is TurnEnded
    assert turn.result.text == "我要转人工"
    assert not turn.lost
    assert 1.15 <= turn.start <= 1.35
    assert 2.4 <= turn.spoken_end <= 2.75
    assert turn.decided_at - turn.spoken_end == pytest.approx(0.56, abs=0.03)


async def test_the_barge_in_is_told_a_quarter_of_a_second_into_the_speech(line: Line) -> None:
    await line.hear(silence(500), speech())
    started, sustained = [event for event in line.events if not isinstance(event, PartialText)][:2]
    assert isinstance(started, SpeechStarted) and isinstance(sustained, SpeechSustained)
    assert 0.25 <= sustained.at - started.at <= 0.30


@pytest.mark.parametrize("piece_ms", [10, 20, 35, 60, 500])
async def test_the_size_of_the_pieces_makes_no_difference(line: Line, piece_ms: int) -> None:
    line.decoder.say("好")
    await line.hear(silence(400), speech(), silence(800), piece_ms=piece_ms)
    whole = [(event.start, event.spoken_end, event.decided_at) for event in line.turns()]
    other = Line(ScriptedDecoder(["好"]))
    await other.decoder.start()
    await other.hear(silence(400), speech(), silence(800), piece_ms=20)
    assert whole == [(event.start, event.spoken_end, event.decided_at) for event in other.turns()]


async def test_half_a_second_before_the_speech_is_decoded_too(line: Line) -> None:
    line.decoder.say("好")
    await line.hear(silence(3000), speech(), silence(1000))
    turn = line.turns()[0]
    decoded = line.decoder.heard_bytes / 16000
    before = decoded - (turn.decided_at - turn.start)
    assert 0.38 <= before <= 0.55


async def test_silence_costs_no_decoding(line: Line) -> None:
    await line.hear(silence(20_000))
    assert line.events == []
    assert line.decoder.opened == 0


async def test_a_click_is_nothing(line: Line) -> None:
    await line.hear(silence(1000), click(), silence(1000), click(), silence(2000))
    assert line.events == []


async def test_a_cough_is_no_barge_in_and_no_turn(line: Line) -> None:
    await line.hear(silence(3000), cough(), silence(2000))
    assert line.kinds() == [SpeechStarted, SpeechDropped]


async def test_a_word_as_short_as_a_cough_is_a_turn(line: Line) -> None:
    line.decoder.say("是")
    await line.hear(silence(3000), cough(), silence(2000))
    assert [turn.result.text for turn in line.turns()] == ["是"]


async def test_long_noise_without_a_word_is_a_no_match(line: Line) -> None:
    await line.hear(silence(3000), noise(900, 0.2), silence(1000))
    assert [(turn.result.text, turn.lost) for turn in line.turns()] == [("", False)]


async def test_a_steady_tone_becomes_background(line: Line) -> None:
    await line.hear(silence(1000), tone(12_000), silence(1000))
    assert len(line.turns()) == 1
    assert line.turns()[0].spoken_end < 5.0


async def test_speech_over_a_noisy_line_is_found(line: Line) -> None:
    line.decoder.say("", "我要转人工")
    background = noise(8000, 0.004)
    await line.hear(over_a_law(mix(background, speech(), 4000)))
    turn = line.turns()[-1]
    assert 4.1 <= turn.start <= 4.4
    assert 5.3 <= turn.spoken_end <= 5.8


async def test_gaps_of_digital_silence_do_not_make_the_lines_noise_voice(line: Line) -> None:
    await line.hear(noise(6000, 0.004), *[silence(200), noise(800, 0.004)] * 5)
    assert [turn for turn in line.turns() if turn.spoken_end > 4.0] == []


async def test_an_expected_answer_ends_the_turn_early(line: Line) -> None:
    line.decoder.say("对的")
    line.listener.listen(expect=["对的"])
    await line.hear(silence(500), speech(), silence(1000))
    turn = line.turns()[0]
    assert turn.decided_at - turn.spoken_end == pytest.approx(0.26, abs=0.03)


class ChangesItsMind(ScriptedDecoder):
    """Says ``partial`` while it hears, and another result at the end."""

    def __init__(self, partial: str, final: Result) -> None:
        super().__init__()
        self.partial, self.final = partial, final

    def open(self, on_partial: Callable[[str], None], phrases: Sequence[str] = ()) -> DecoderStream:
        stream = super().open(lambda text: None)
        asyncio.get_running_loop().call_soon(on_partial, self.partial)

        async def finish() -> Result:
            return self.final

        stream.finish = finish  # type: ignore[method-assign]
        return stream


@pytest.mark.parametrize(
    ("final", "readings"),
    [
        (Result("似的", alternatives=("使得",)), ("似的", "是的", "使得")),
        (Result("使得", alternatives=("是的",)), ("使得", "是的")),
        (Result(""), ("是的",)),
    ],
)
async def test_the_expected_answer_stays_among_the_readings(
    final: Result, readings: tuple[str, ...]
) -> None:
    line = Line(ChangesItsMind("是的", final))
    await line.decoder.start()
    line.listener.listen(expect=["是的"])
    await line.hear(silence(500), speech(), silence(1000))
    (turn,) = line.turns()
    assert (turn.result.text, *turn.result.alternatives) == readings
    line.listener.close()


async def test_the_phrases_of_a_question_are_those_of_its_turns_alone(line: Line) -> None:
    line.decoder.say("同意", "好")
    line.listener.listen(phrases=["同意", "不同意"])
    await line.hear(silence(500), speech(), silence(1000))
    assert line.decoder.phrases == ("同意", "不同意")
    line.listener.listen()
    await line.hear(speech(), silence(1000))
    assert line.decoder.phrases == ()


async def test_cancel_forgets_the_turn_in_progress(line: Line) -> None:
    line.decoder.say("我要转人工")
    await line.play(silence(500), speech()[:16000])
    line.listener.cancel()
    before = len(line.events)
    await line.hear(silence(2000))
    assert len(line.events) == before
    await line.hear(speech(), silence(1000))
    assert [turn.result.text for turn in line.turns()] == ["我要转人工"]


async def test_a_decoder_lost_in_the_middle_gives_a_lost_turn(line: Line) -> None:
    line.decoder.say("我要转人工", "你好")
    await line.play(silence(500), speech()[:16000])
    line.decoder.lose()
    await line.hear(speech()[16000:], silence(1000))
    assert [(turn.result.text, turn.lost) for turn in line.turns()] == [("", True)]
    line.decoder.recover()
    await line.hear(speech(), silence(1000))
    assert [(turn.result.text, turn.lost) for turn in line.turns()[1:]] == [("你好", False)]


async def test_speech_is_noticed_without_a_decoder(line: Line) -> None:
    line.decoder.lose()
    await line.hear(silence(500), speech(), silence(1000))
    assert line.kinds() == [SpeechStarted, SpeechSustained, TurnEnded]
    assert line.turns()[0].lost


async def test_turns_are_told_in_the_order_of_the_speech(line: Line) -> None:
    line.decoder.say("一", "二", "三")
    pause = silence(700)
    await line.hear(speech(), pause, speech(), pause, speech(), pause, piece_ms=5000)
    assert [turn.result.text for turn in line.turns()] == ["一", "二", "三"]


async def test_nothing_is_told_after_close(line: Line) -> None:
    line.decoder.say("我要转人工")
    await line.play(silence(500), speech())
    before = len(line.events)
    line.listener.close()
    await line.hear(silence(2000), speech(), silence(1000))
    assert len(line.events) == before


async def test_a_receiver_that_fails_does_not_stop_the_ear(line: Line) -> None:
    line.decoder.say("一")
    told: list[ListenerEvent] = []

    def fail(event: ListenerEvent) -> None:
        told.append(event)
        raise RuntimeError("the receiver's own trouble")

    listener = Listener(line.decoder, ListenSettings(), fail)
    await play(listener.feed, silence(500) + speech() + silence(1000))
    await listener.flush()
    assert type(told[-1]) is TurnEnded
    listener.close()
