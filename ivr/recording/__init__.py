"""Recordings of calls: where they lie, what belongs beside them, and mending unfinished ones."""
