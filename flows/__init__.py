"""What to say and ask next. Pure: no clock, no socket, no file once loaded."""
