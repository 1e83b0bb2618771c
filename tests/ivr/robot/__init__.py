"""The robot caller."""
