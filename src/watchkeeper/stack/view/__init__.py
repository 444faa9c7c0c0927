"""The running stack seen from outside: the addresses of its parts, and what they report."""
