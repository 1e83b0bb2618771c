"""The robot caller: a telephone that follows a written script."""
