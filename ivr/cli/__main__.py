"""``python -m ivr.cli`` is ``hotline``."""

from ivr.cli import main

main()
