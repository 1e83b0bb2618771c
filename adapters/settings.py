"""What can be configured of the systems outside."""

from __future__ import annotations

import msgspec

from adapters.filing import DEFAULT_PREFIX
from adapters.retry import RetryStrategy


class StoreSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The database.

    ``url``: "sqlite:///path/to/file.db", or "postgresql://user:password@host/name" where
    there is more than one node; "" keeps ``hotline.db`` in the data directory.
    ``ticket_prefix``: the letters before the date. ``busy_timeout_s``: how long to wait for
    another process that is writing to the same SQLite file.
    """

    url: str = ""
    ticket_prefix: str = DEFAULT_PREFIX
    busy_timeout_s: float = 5.0

    def __repr__(self) -> str:
        # A PostgreSQL URL may hold a password.
        url = self.url and self.url.partition(":")[0] + ":…"
        return f"StoreSettings(url={url!r}, ticket_prefix={self.ticket_prefix!r})"


class StateSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What nodes share while calls run.

    ``url``: "redis://host:6379/0", "rediss://…" or "unix:///path/to/socket" where there is more
    than one node; "" keeps it in the node's memory. ``prefix`` tells installations apart that
    use one Redis. An operation that takes longer than ``timeout_s`` has failed.
    """

    url: str = ""
    prefix: str = "hotline"
    timeout_s: float = 0.5

    def __repr__(self) -> str:
        # A URL may hold a password.
        url = self.url and self.url.partition(":")[0] + ":…"
        return f"StateSettings(url={url!r}, prefix={self.prefix!r})"


class WebhookSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The way back, platform to hotline: the platform signs with this key.

    Without a key every message is refused. ``clock_skew_s``: how far the platform's clock
    may be from ours.
    """

    key_id: str = ""
    secret: str = ""
    clock_skew_s: float = 300.0

    @property
    def keys(self) -> dict[str, str]:
        """The key by its id, as :func:`adapters.webhook.webhook` takes it."""
        return {self.key_id: self.secret} if self.key_id else {}

    def __repr__(self) -> str:
        return f"WebhookSettings(key_id={self.key_id!r}, secret='***')"


class PlatformSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The city's platform.

    ``url`` is what the paths of ``docs/openapi/platform.yaml`` are appended to. Time-outs
    are in seconds: to connect, for a whole ticket, for a hand-off (a caller is waiting) and
    for what is asked on behalf of a caller who waits (a query, a free appointment…).
    """

    url: str = "http://127.0.0.1:8012"
    key_id: str = ""
    secret: str = ""
    connect_timeout_s: float = 5.0
    push_timeout_s: float = 20.0
    handoff_timeout_s: float = 3.0
    request_timeout_s: float = 5.0

    def __repr__(self) -> str:
        return f"PlatformSettings(url={self.url!r}, key_id={self.key_id!r}, secret='***')"


class SmsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The SMS gateway (``docs/openapi/sms.yaml``).

    ``url`` "" takes the platform's address and key. A message is tried ``attempts`` times,
    each at most ``timeout_s`` seconds, ``wait_s`` apart and more each time: a caller waits.
    """

    url: str = ""
    key_id: str = ""
    secret: str = ""
    timeout_s: float = 3.0
    attempts: int = 3
    wait_s: float = 0.3

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError("attempts must be at least 1")
        if min(self.timeout_s, self.wait_s) <= 0:
            raise ValueError("timeout_s and wait_s must be above 0")

    def __repr__(self) -> str:
        return f"SmsSettings(url={self.url!r}, key_id={self.key_id!r}, secret='***')"


class DeliverySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The delivery worker.

    ``concurrency``: tickets on their way at once. ``lease_s``: how long a ticket is this
    node's alone; a node that dies holds its tickets up for so long, and a push may take half
    of it. ``poll_s``: how often to look for tickets that another node filed. ``stop_s``: how
    long a push under way may take at shutdown. Emergencies go first, are tried again by
    ``urgent_retry``, and have ``urgent_concurrency`` places that nothing else may take.
    """

    retry: RetryStrategy = RetryStrategy()
    urgent_retry: RetryStrategy = RetryStrategy(base_s=0.5, factor=1.5, max_s=15.0)
    concurrency: int = 4
    urgent_concurrency: int = 4
    lease_s: float = 120.0
    poll_s: float = 10.0
    stop_s: float = 5.0

    def __post_init__(self) -> None:
        if min(self.concurrency, self.urgent_concurrency) < 1:
            raise ValueError("concurrency and urgent_concurrency must be at least 1")
        if min(self.lease_s, self.poll_s) <= 0 or self.stop_s < 0:
            raise ValueError("lease_s and poll_s must be above 0, stop_s not below")


class NoticeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Notices of emergencies to the units that act (``docs/openapi/platform.yaml``).

    ``url`` "" takes the platform's address and key. ``timeout_s``: for one notice. Failures
    are tried again by ``retry``, quickly and for good. ``concurrency``: notices on their way
    at once. ``lease_s``, ``poll_s``, ``stop_s`` as for tickets.
    """

    url: str = ""
    key_id: str = ""
    secret: str = ""
    timeout_s: float = 5.0
    retry: RetryStrategy = RetryStrategy(base_s=0.5, factor=1.5, max_s=15.0)
    concurrency: int = 16
    lease_s: float = 20.0
    poll_s: float = 5.0
    stop_s: float = 3.0

    def __post_init__(self) -> None:
        if self.concurrency < 1:
            raise ValueError("concurrency must be at least 1")
        if min(self.timeout_s, self.lease_s, self.poll_s) <= 0 or self.stop_s < 0:
            raise ValueError("timeout_s, lease_s and poll_s must be above 0, stop_s not below")

    def __repr__(self) -> str:
        return f"NoticeSettings(url={self.url!r}, key_id={self.key_id!r}, secret='***')"
