"""The telephone of a leader session: the seat first, then on a click the citizen."""
