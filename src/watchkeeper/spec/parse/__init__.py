"""Turn sound trees into the frozen model; report keys that do not fit together while doing so."""

from watchkeeper.spec.parse.parse_document import parse

__all__ = ["parse"]
