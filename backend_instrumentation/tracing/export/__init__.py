"""Sends finished spans, without secrets, from a thread of its own."""
