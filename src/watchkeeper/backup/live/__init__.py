"""Consistent copies of the data of running programs, which notice nothing of it."""
