"""Drills: inject a fault into the demo and time the notifications about it."""
