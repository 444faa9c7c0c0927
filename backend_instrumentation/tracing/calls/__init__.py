"""Traces functions: decorators, and what a span says of its call."""
