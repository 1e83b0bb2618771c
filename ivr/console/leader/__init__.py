"""Pages of the leader callbacks."""
