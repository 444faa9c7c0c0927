"""Proofs: what each scenario must show at which instant, from the plan's own arithmetic and never from rule text."""
