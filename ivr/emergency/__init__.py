"""What the line does by itself about emergencies, after the call."""
