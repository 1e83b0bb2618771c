from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import pytest_asyncio

from adapters.state.memory import MemoryState
from adapters.state.port import SharedState
from adapters.state.redis_state import RedisState
from adapters.state.resilient import ResilientState

from .redis_server import RedisServer

KINDS = ("memory", "redis", "resilient")


@pytest.fixture(scope="module")
def redis_server() -> Iterator[RedisServer]:
    server = RedisServer()
    server.start()
    yield server
    server.close()


@pytest_asyncio.fixture(params=KINDS)
async def pair(request: pytest.FixtureRequest) -> AsyncIterator[tuple[SharedState, SharedState]]:
    """Two nodes' views of one state."""
    if request.param == "memory":
        # A single node: both are the same.
        state = MemoryState()
        yield state, state
        return
    server: RedisServer = request.getfixturevalue("redis_server")
    prefix = f"test-{uuid.uuid4().hex}"
    wrap: Callable[[RedisState], SharedState] = (
        ResilientState if request.param == "resilient" else lambda state: state
    )
    # A busy machine may need long for a step that takes no time at all.
    states = [wrap(RedisState(server.url, prefix=prefix, timeout_s=10.0)) for _ in range(2)]
    for state in states:
        await state.start()
    yield states[0], states[1]
    for state in states:
        await state.close()
