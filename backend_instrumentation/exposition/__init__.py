"""Serves what was recorded: the text of a scrape, of one process or of several workers, and its endpoints."""
