"""Build the frozen model from checked trees, and report keys that do not fit together."""

from watchkeeper.spec.parse.parse_document import parse

__all__ = ["parse"]
