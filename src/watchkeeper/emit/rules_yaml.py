"""Prometheus rule files, line by line: their shape is fixed, and a large spec has tens of thousands of these lines.

The result is what `emit.yaml` would write for the same values; only who walks the structure differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from watchkeeper.emit.yaml import comment_lines, scalar_line, scalar_lines

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """One group; each rule is its lines in a rule file, comment first. `settings` are further keys with YAML values."""

    name: str
    comment: str
    interval: str | None
    rules: list[list[str]] = field(default_factory=list)
    settings: Pairs = ()

    def lines(self) -> list[str]:
        """Return the group's lines in a rule file."""
        out = [f"  {line}" for line in comment_lines(self.comment)]
        out.append(f"  - name: {scalar_line(self.name)}")
        if self.interval is not None:
            out.append(f"    interval: {self.interval}")
        out += [f"    {key}: {value}" for key, value in self.settings]
        out.append("    rules:")
        for rule in self.rules:
            out += rule
        return out


class RuleFile:
    """Writes one rule file; groups and rules in the order in which they are added."""

    def __init__(self, header: str) -> None:
        self._header = header
        self.groups: list[RuleGroup] = []

    def group(self, name: str, *, comment: str, interval: str | None = None) -> None:
        """Begin a group; without an interval it is evaluated at the server's own."""
        self.groups.append(RuleGroup(name, comment, interval))

    def record(self, record: str, expr: str, labels: Sequence[str], *, comment: str) -> None:
        """Add a recording rule; `labels` are lines made by `label_lines`."""
        self._begin(comment, f"record: {record}", expr).extend(labels)

    def alert(
        self, name: str, expr: str, settings: Pairs, labels: Pairs, annotations: Pairs, *, comment: str
    ) -> None:
        """Add an alerting rule; `settings` are durations such as `for`."""
        lines = self._begin(comment, f"alert: {scalar_line(name)}", expr)
        lines += [f"        {key}: {value}" for key, value in settings]
        lines += label_lines(labels)
        lines.append("        annotations:")
        lines += [f"          {key}: {scalar_line(value)}" for key, value in annotations]

    def text(self) -> str:
        """Return the whole file."""
        return groups_text(self._header, self.groups)

    def _begin(self, comment: str, first: str, expr: str) -> list[str]:
        lines = [f"      {line}" for line in comment_lines(comment)]
        lines.append(f"      - {first}")
        lines += scalar_lines(expr, "        expr: ", "        ")
        self.groups[-1].rules.append(lines)
        return lines


def groups_text(header: str, groups: Iterable[RuleGroup]) -> str:
    """Return a rule file with these groups."""
    lines = [*comment_lines(header), "groups:"]
    for group in groups:
        lines += group.lines()
    return "\n".join(lines) + "\n"


def label_lines(labels: Iterable[tuple[str, str]]) -> list[str]:
    """Return the lines of a rule's labels."""
    return [
        "        labels:",
        *(f"          {scalar_line(name)}: {scalar_line(value)}" for name, value in labels),
    ]
