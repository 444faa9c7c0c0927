"""Proofs: what must be seen at which minute of which story, from the plan's own arithmetic and never from rule text."""
