"""Promtool's unit tests, from the scenarios of the plan."""

from watchkeeper.backends.proofs.proof_files import render

__all__ = ["render"]
