"""Traces functions: the decorators, and the attributes of their spans."""
