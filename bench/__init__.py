"""Measurements: each module measures one thing and keeps its table in ``bench/results``."""
