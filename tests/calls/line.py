"""A whole hotline on free loopback ports, with its platform and the people it may call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from adapters.settings import DeliverySettings
from adapters.simulator.server import Simulator
from adapters.simulator.store import Received
from flows.dialogue.config import DialogueConfig
from ivr import live
from ivr.call.settings import CallSettings
from ivr.config import Config, HttpSettings
from ivr.console.settings import ConsoleSettings
from ivr.node import Node
from ivr.sip.phone import PhoneCall, RobotPhone
from ivr.sip.settings import SipSettings
from tests.ports import free_port, line_ports
from tests.until import until

CALLER = "13907791234"


class Line:
    """An open line under test, and everything that happened on it."""

    def __init__(self, node: Node, platform: Simulator, operator: RobotPhone) -> None:
        self.node = node
        self.platform = platform
        self.operator = operator
        self.events: list[live.LiveEvent] = []
        node.live.subscribe(self.events.append)

    @property
    def uri(self) -> str:
        """What to dial."""
        return self.node.config.sip.uri

    async def call(self, phone: RobotPhone) -> PhoneCall:
        """Dial from ``phone`` and wait until the hotline has answered."""
        call = await phone.dial(self.uri, codec="PCMA")
        await call.up()
        return call

    def said(self, speaker: str) -> list[str]:
        """Everything that ``speaker`` has said so far, over all calls."""
        return [
            event.line.text
            for event in self.events
            if isinstance(event, live.LineHeard) and event.line.speaker == speaker
        ]

    @property
    def saying(self) -> list[str]:
        """Everything that the hotline has begun to say so far, over all calls."""
        return [event.text for event in self.events if isinstance(event, live.Saying)]

    def happened(self, kind: type[live.LiveEvent]) -> list[live.LiveEvent]:
        """The live events of one kind so far."""
        return [event for event in self.events if isinstance(event, kind)]

    async def hotline_says(self, words: str) -> None:
        """Wait until the hotline has said (all or part of) a prompt with ``words``."""
        await until(
            lambda: any(words in text for text in self.said("hotline")),
            what=f"the hotline says {words}",
        )

    async def tickets(self, count: int) -> list[Received]:
        """Wait until the platform has ``count`` tickets."""

        async def there() -> list[Received]:
            found = await self.platform.tickets()
            return found if len(found) >= count else []

        return await until(there, what=f"{count} tickets at the platform")


def line_config(data_dir: Path, platform: Simulator, operator: str, **sip: object) -> Config:
    """A configuration with free ports and little patience."""
    chosen = SipSettings(**({"max_calls": 3, "spare": 1} | sip))  # type: ignore[arg-type]
    own = line_ports(chosen.max_calls + chosen.spare)
    return Config(
        node="test",
        data_dir=data_dir,
        # A test sees the data it began with.
        flows_poll_s=0,
        sip=msgspec.structs.replace(chosen, **own),
        call=CallSettings(operator=operator, ring_s=3.0),
        dialogue=DialogueConfig(no_input_s=2.0, inter_digit_s=0.5),
        platform=platform.settings,
        delivery=DeliverySettings(poll_s=0.2),
        http=HttpSettings(port=free_port()),
        console=ConsoleSettings(port=0),
    )


@asynccontextmanager
async def open_line(
    data_dir: Path, change: Callable[[Config], Config] = lambda config: config
) -> AsyncIterator[Line]:
    """Open a line; ``change`` may alter its configuration first."""
    async with Simulator() as platform, RobotPhone("operator") as operator:
        operator.answers(0.5)
        config = change(line_config(data_dir, platform, operator.uri))
        async with Node(config) as node:
            yield Line(node, platform, operator)


def with_settings(config: Config, part: str, **changes: object) -> Config:
    """``config`` with some settings of one part changed."""
    inner = msgspec.structs.replace(getattr(config, part), **changes)
    return msgspec.structs.replace(config, **{part: inner})
