"""A call's life, without a telephone."""
