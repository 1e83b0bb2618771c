"""The operators' queue: who is next, for which seat, and how long it may take."""
