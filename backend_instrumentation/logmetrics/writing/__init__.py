"""Writes records as whole lines of a log that threads and processes share."""
