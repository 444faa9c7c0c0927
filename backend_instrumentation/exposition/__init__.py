"""Serves the recorded metrics: the text of a scrape, for one process or several workers, and the endpoints."""
