"""Runs checks in the background, and keeps their answers."""
