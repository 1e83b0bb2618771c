"""A route as ``hotline route`` prints it."""

from __future__ import annotations

from typing import Any

from flows.routing.result import RouteResult


def route_json(result: RouteResult) -> dict[str, Any]:
    """``{"intent", "score", "alternatives": [{"intent", "score"}], "emergency"}``."""
    return {
        "intent": result.intent,
        "score": round(result.score, 3),
        "alternatives": [
            {"intent": other.intent, "score": round(other.score, 3)}
            for other in result.alternatives
        ],
        "emergency": result.emergency,
    }
