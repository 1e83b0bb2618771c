"""The supervisor's pages: the wall board, and listening in on a call."""
