"""What can be configured of the console."""

from __future__ import annotations

import msgspec


class ConsoleSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The console's web server.

    ``port`` 0 turns it off. ``https`` says that browsers come through a proxy that speaks TLS:
    cookies are then sent over nothing else. ``session_minutes``: a browser that is left alone so
    long is signed out. ``tries`` sign-ins may be made within ``tries_s`` seconds, for a name and
    for an address.
    """

    host: str = "127.0.0.1"
    port: int = 8014
    https: bool = False
    session_minutes: int = 30
    tries: int = 10
    tries_s: float = 300.0
