"""promtool's unit tests, from the stories of the plan."""

from watchkeeper.backends.proofs.proof_files import render

__all__ = ["render"]
