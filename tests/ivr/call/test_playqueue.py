"""What is said when, and what may cut it short."""

from pathlib import Path

from ivr.call.playqueue import Item, PlayQueue
from ivr.sip.messages import Play, Played, StopPlay


class Bench:
    """A queue with a worker that does only what the test says."""

    def __init__(self) -> None:
        self.sent: list[Play | StopPlay] = []
        self.ended: list[tuple[str, bool]] = []
        self.done: list[str] = []
        self.queue = PlayQueue(
            self.sent.append,
            lambda item: None,
            lambda item, ms, completed: self.ended.append((item.text, completed)),
            lambda: None,
        )

    def say(self, text: str, *, barge_in: bool = True, loop: bool = False) -> None:
        self.queue.add(Item(Path(f"/{text}.wav"), text, barge_in, loop))

    def finish(self, *, completed: bool = True) -> None:
        last = next(message for message in reversed(self.sent) if isinstance(message, Play))
        self.queue.played(Played(id=last.id, ms=100, completed=completed))

    @property
    def playing(self) -> list[str]:
        return [Path(play.files[0]).stem for play in self.sent if isinstance(play, Play)]


def test_items_follow_one_another() -> None:
    bench = Bench()
    bench.say("a")
    bench.say("b")
    assert bench.playing == ["a"]
    bench.finish()
    assert bench.playing == ["a", "b"]
    bench.finish()
    assert bench.queue.idle


def test_an_action_waits_for_all_that_was_said_before_it() -> None:
    bench = Bench()
    bench.say("a")
    bench.queue.then(lambda: bench.done.append("hang up"))
    assert bench.done == []
    bench.finish()
    assert bench.done == ["hang up"]


def test_barge_in_stops_the_prompt_and_drops_what_waits_but_not_actions() -> None:
    bench = Bench()
    bench.say("a")
    bench.say("b")
    bench.queue.then(lambda: bench.done.append("record"))
    assert bench.queue.interrupt()
    assert isinstance(bench.sent[-1], StopPlay)
    bench.finish(completed=False)
    assert bench.playing == ["a"]
    assert bench.ended == [("a", False)]
    assert bench.done == ["record"]


def test_the_recording_notice_cannot_be_interrupted() -> None:
    bench = Bench()
    bench.say("notice", barge_in=False)
    bench.say("question")
    assert bench.queue.must_finish
    assert not bench.queue.interrupt()
    bench.finish()
    assert not bench.queue.must_finish
    assert bench.playing == ["notice"]


def test_a_loop_ends_when_something_else_is_to_be_heard() -> None:
    bench = Bench()
    bench.say("ringing", loop=True)
    assert bench.queue.idle
    bench.say("nobody answers")
    assert isinstance(bench.sent[-1], StopPlay)
    bench.finish(completed=False)
    assert bench.playing == ["ringing", "nobody answers"]


def test_a_loop_that_something_waits_behind_is_not_begun() -> None:
    bench = Bench()
    bench.say("please wait")
    bench.say("ringing", loop=True)
    bench.queue.then(lambda: bench.done.append("bridge"))
    bench.finish()
    assert bench.playing == ["please wait"]
    assert bench.done == ["bridge"]


def test_a_late_report_of_an_earlier_item_is_ignored() -> None:
    bench = Bench()
    bench.say("a")
    bench.say("b")
    bench.finish()
    bench.queue.played(Played(id=1, ms=5, completed=False))
    assert bench.ended == [("a", True)]
    assert not bench.queue.idle
