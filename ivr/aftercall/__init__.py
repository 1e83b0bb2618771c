"""What the hotline does by itself after a call: returns missed ones, follows closed tickets up."""
