"""Every call that the hotline places to a citizen: permitted, on record, and only once."""
