"""Whole calls over real SIP: robot phones, Kamailio, workers, Vosk, SQLite, HTTP."""
