"""SIP: the worker processes that hold callers, and Kamailio in front of them."""
