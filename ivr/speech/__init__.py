"""What the hotline says: recorded prompts, run-time speech, and joining both into one file."""
