"""Planned work as rules: a series that shows when a window is open, and what alerts do meanwhile."""
