"""The people in one call: who is on which leg, and who hears whom."""
