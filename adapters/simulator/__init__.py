"""A stand-in for the city's platform, to develop, demonstrate and test against."""

from adapters.simulator.behaviour import Behaviour
from adapters.simulator.server import (
    DEMO_KEY_ID,
    DEMO_SECRET,
    Notify,
    Simulator,
    run_simulator,
)
from adapters.simulator.store import Received

__all__ = [
    "DEMO_KEY_ID",
    "DEMO_SECRET",
    "Behaviour",
    "Notify",
    "Received",
    "Simulator",
    "run_simulator",
]
