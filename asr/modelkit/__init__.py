"""Builds a small Mandarin telephone model for Vosk from package registries alone.

Texts are written out from templates, spoken by two synthesisers, passed through an imitation of
the telephone, and a network is trained on the result. No person is heard at any point: such a
model proves the whole speech path on any machine and is not fit to serve real callers.
"""
