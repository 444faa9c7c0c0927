"""Answers questions from the logs, in constant memory."""
