"""``hotline platform-sim``: the simulator of the city's platform."""

from __future__ import annotations

from adapters.simulator.__main__ import main as command

__all__ = ["command"]
