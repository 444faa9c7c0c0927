"""Checks of the published runbooks: their queries and their links."""
