"""promtool's unit tests, from the stories of the plan."""

from watchkeeper.backends.proofs.files import render

__all__ = ["render"]
