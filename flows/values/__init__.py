"""Values that people say or key: yes and no, numbers, times, places, choices.

Each function takes text as a recogniser gives it (no spaces, mostly no punctuation, often
right in sound and wrong in characters) and returns None or "" where it finds nothing.
"""
