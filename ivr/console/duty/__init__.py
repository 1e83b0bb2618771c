"""The pages of the engineer on duty and of the administrator."""
