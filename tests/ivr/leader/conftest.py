"""Databases of both kinds, as the adapters' own tests have them."""

from tests.adapters.conftest import postgres_server, postgres_url, sql_url

__all__ = ["postgres_server", "postgres_url", "sql_url"]
