"""Metrics of services, tools and the system, with a history and a text page."""
