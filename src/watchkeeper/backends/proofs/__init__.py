"""Promtool's unit tests, from the scenarios of the plan."""

from watchkeeper.backends.proofs.proof_files import proof_texts, render

__all__ = ["proof_texts", "render"]
