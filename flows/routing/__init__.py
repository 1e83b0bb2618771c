"""From a sentence to an intent: one of the services, a complaint, an emergency, a person."""

from flows.routing.intents import UNKNOWN, Intent, Kind, kind_of
from flows.routing.json import route_json
from flows.routing.result import LIKELY, SURE, Decision, RouteResult, Scored
from flows.routing.router import Router, Scope

__all__ = [
    "LIKELY",
    "SURE",
    "UNKNOWN",
    "Decision",
    "Intent",
    "Kind",
    "RouteResult",
    "Router",
    "Scope",
    "Scored",
    "kind_of",
    "route_json",
]
