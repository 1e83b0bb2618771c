"""Settings: what makes no sense is refused, what is secret is not shown."""

from __future__ import annotations

import msgspec
import pytest

from adapters.settings import (
    DeliverySettings,
    PlatformSettings,
    StoreSettings,
    WebhookSettings,
)
from adapters.simulator import Notify


@pytest.mark.parametrize(
    "settings",
    [
        StoreSettings(url="postgresql://hotline:s3cret@db/hotline"),
        PlatformSettings(key_id="k", secret="s3cret"),
        WebhookSettings(key_id="k", secret="s3cret"),
        Notify("http://127.0.0.1", secret="s3cret"),
    ],
    ids=lambda settings: type(settings).__name__,
)
def test_a_secret_is_never_shown(settings: msgspec.Struct) -> None:
    for shown in (repr(settings), str(settings), f"{[settings]}"):
        assert "s3cret" not in shown
        assert type(settings).__name__ in shown


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        (DeliverySettings, {"concurrency": 0}),
        (DeliverySettings, {"lease_s": 0}),
        (DeliverySettings, {"retry": {"factor": 0.5}}),
        (DeliverySettings, {"retries": 3}),
        (PlatformSettings, {"uri": "http://x"}),
    ],
)
def test_what_makes_no_sense_is_refused(kind: type[msgspec.Struct], bad: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(bad, kind)


def test_without_a_key_the_webhook_knows_none() -> None:
    assert WebhookSettings().keys == {}
    assert WebhookSettings(key_id="k", secret="s").keys == {"k": "s"}
