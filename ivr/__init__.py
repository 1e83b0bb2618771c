"""The telephone side and the composition of the whole."""
