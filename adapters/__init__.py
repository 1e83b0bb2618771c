"""The systems outside: the city platform, the database, the hand-off to operators."""
