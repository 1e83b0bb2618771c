"""What several nodes share while calls run: queue, seats, live calls, live transcripts.

One small port (:mod:`adapters.state.port`) with an in-memory twin for a single node, Redis for
several, and a wrapper that keeps a node going when Redis does not.
"""
