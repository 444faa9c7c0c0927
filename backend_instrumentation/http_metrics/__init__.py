"""Counts and times requests: the middleware, its hot path, and the names of handlers."""
