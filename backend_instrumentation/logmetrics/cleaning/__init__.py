"""Deletes old logs, and nothing else."""
