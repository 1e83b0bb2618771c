"""A call's life: what joins one worker, one listener, one dialogue and the store."""
