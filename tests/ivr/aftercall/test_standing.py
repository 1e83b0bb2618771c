"""When an owed call is made next, and why not yet."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from adapters.errands import Errand
from ivr.aftercall.settings import MissedSettings
from ivr.aftercall.standing import Standing, standing
from ivr.dialling.hours import Hours
from tests.adapters.samples import CALLER, NOON

TEN = NOON.replace(hour=10)
HOUR = timedelta(hours=1)
ONE = Errand(1, "missed", "c1", 0, CALLER, TEN, "queue", "waiting", 0, TEN)


@pytest.mark.parametrize(
    ("errand", "now", "stands"),
    [
        (ONE, TEN, Standing(TEN, "soon")),
        (replace(ONE, due=TEN + HOUR), TEN, Standing(TEN + HOUR, "soon")),
        (replace(ONE, due=TEN + HOUR, tries=1, result="486"), TEN, Standing(TEN + HOUR, "tried")),
        (replace(ONE, due=TEN + HOUR, result="number-tired"), TEN,
         Standing(TEN + HOUR, "number-tired")),
        # At noon the windows are shut; what was refused for them before does not matter.
        (ONE, TEN + 3 * HOUR, Standing(TEN.replace(hour=14), "outside-hours")),
        (replace(ONE, due=TEN + 12 * HOUR), TEN,
         Standing(TEN.replace(hour=8) + 24 * HOUR, "outside-hours")),
        (replace(ONE, kept_until=TEN + HOUR), TEN, Standing(None, "calling")),
        (replace(ONE, kept_until=TEN), TEN, Standing(TEN, "soon")),
        (replace(ONE, state="given-up"), TEN, Standing()),
    ],
)  # fmt: skip
def test_how_an_owed_call_stands(errand: Errand, now: datetime, stands: Standing) -> None:
    hours = Hours(("08:00-12:00", "14:00-20:00"))
    assert standing(errand, now, MissedSettings(), hours, gateway=True) == stands


def test_nothing_is_called_that_cannot_be() -> None:
    always = Hours(("00:00-24:00",))
    off = standing(ONE, TEN, MissedSettings(on=False), always, gateway=True)
    without = standing(ONE, TEN, MissedSettings(), always, gateway=False)
    never = standing(ONE, TEN, MissedSettings(), Hours(()), gateway=True)
    assert [off.why, without.why, never.why] == ["off", "no-gateway", "outside-hours"]
    assert off.next is without.next is never.next is None
