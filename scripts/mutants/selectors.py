"""Mutations of what is selected and what is put on the result: matchers, series, labels."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.mutants.edit import Edit
from scripts.mutants.expression import matchers
from scripts.mutants.rules import Rule

_OPPOSITE = {"=": "!=", "!=": "=", "=~": "!~", "!~": "=~"}
_SWAPPED = (("slo:bad:", "slo:total:"), ("_bucket", "_count"))
_SEVERITIES = {"none": "info", "critical": "warning", "warning": "info", "info": "warning"}


def matched(rule: Rule) -> Iterator[Edit]:
    """Yield each matcher dropped, with another value, and (but for slo_id) turned round."""
    for one in matchers(list(rule.words)):
        kind = f"{one.label} matcher" if one.label in ("slo_id", "service") else "matcher"
        yield Edit(kind, one.start, one.end, "")
        yield Edit(kind, one.value.start, one.value.end, _other(one.value.text))
        if one.label != "slo_id":
            yield Edit(kind, one.operator.start, one.operator.end, _OPPOSITE[one.operator.text])


def _other(value: str) -> str:
    if value == '"5.."':
        return '"4.."'
    return f'"{value[1:-1]}x"' if not value[1:2].isdigit() else f'"1{value[1:-1]}"'


def swapped_series(rule: Rule) -> Iterator[Edit]:
    """Yield bad read for total, a bucket for the count, and the other way round."""
    for word in rule.words:
        if word.kind != "name":
            continue
        for one, other in _SWAPPED:
            for old, new in ((one, other), (other, one)):
                if old in word.text and not word.text.startswith("sum"):
                    yield Edit("swapped", word.start, word.end, word.text.replace(old, new))


def labelled(rule: Rule) -> Iterator[Edit]:
    """Yield another severity, another slo_id, and each other label dropped."""
    for entry in rule.labels:
        end = entry.value_start + len(entry.value)
        if entry.name == "severity":
            yield Edit("severity", entry.value_start, end, _SEVERITIES[entry.value])
        elif entry.name == "slo_id":
            yield Edit("rule's slo_id", entry.value_start, end, f"{entry.value}x")
        else:
            yield Edit("rule's label", entry.start, entry.end, "")
