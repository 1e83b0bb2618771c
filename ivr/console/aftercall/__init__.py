"""The supervisors' pages on what is done after a call."""
