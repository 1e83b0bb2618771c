"""Natural speech made ahead of time, for the fixed prompts and for training speech.

Nothing here is imported while calls are answered: Kokoro is a tool of the build.
"""
