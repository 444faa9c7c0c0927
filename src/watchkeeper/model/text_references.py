"""References in the texts of alerts, which Prometheus fills in when an alert fires; everything else in braces is text."""

from __future__ import annotations

import re
from dataclasses import dataclass

FORMATS = ("humanize", "humanize1024", "humanizePercentage", "humanizeDuration")

_LABEL = re.compile(r"\{\{ *\$labels\.([a-zA-Z_][a-zA-Z0-9_]*) *\}\}")
_VALUE = re.compile(rf"\{{\{{ *\$value *(?:\| *({'|'.join(FORMATS)}) *)?\}}\}}")
# From two braces to the two that end them, or to where they should be.
_ACTION = re.compile(r"\{\{(?:(?!\{\{|\}\}).)*(?:\}\}|\Z|(?=\{\{))", re.DOTALL)
_MEANT = re.compile(r"\$(?:labels|value|externalLabels|externalURL)\b|\.(?:Labels|Value|ExternalLabels)\b")


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference as written, and its offset in the text; `action` fills it in, and is empty where it is not allowed."""

    written: str
    offset: int
    label: str | None
    action: str


def references(text: str) -> tuple[Reference, ...]:
    """Return what refers to an alert's labels or value, in the order of the text."""
    found = (_reference(action[0], action.start()) for action in _ACTION.finditer(text))
    return tuple(one for one in found if one is not None)


def _reference(written: str, offset: int) -> Reference | None:
    if label := _LABEL.fullmatch(written):
        return Reference(written, offset, label[1], f"{{{{ $labels.{label[1]} }}}}")
    if value := _VALUE.fullmatch(written):
        shown = f" | {value[1]}" if value[1] else ""
        return Reference(written, offset, None, f"{{{{ $value{shown} }}}}")
    return Reference(written, offset, None, "") if _MEANT.search(written) else None
