"""Months and quarters as rules: when the one of now began, and how long it is."""
