"""What several nodes share while calls run: queue, seats, live calls, live transcripts.

One small port (:mod:`adapters.state.port`) with an in-memory twin for a single node, Redis for
several, and a wrapper that keeps a node going when Redis does not.
"""

from __future__ import annotations

from adapters.settings import StateSettings
from adapters.state.memory import MemoryState
from adapters.state.port import SharedState


def shared_state(settings: StateSettings) -> SharedState:
    """The state that ``settings`` ask for; not connected yet."""
    if not settings.url:
        return MemoryState()
    # A node without Redis needs none of it loaded.
    from adapters.state.redis_state import RedisState
    from adapters.state.resilient import ResilientState

    return ResilientState(
        RedisState(settings.url, prefix=settings.prefix, timeout_s=settings.timeout_s)
    )
