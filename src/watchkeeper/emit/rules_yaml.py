"""Prometheus rule files, line by line: their shape is fixed, and a large spec has tens of thousands of these lines.

The result is what `emit.yaml` would write for the same values; only who walks the structure differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from watchkeeper.emit.yaml import comment_lines, scalar_line, scalar_lines

Pairs = Sequence[tuple[str, str]]


class RuleFile:
    """Writes one rule file; groups and rules in the order in which they are added."""

    def __init__(self, header: str) -> None:
        self._lines = [*comment_lines(header), "groups:"]

    def group(self, name: str, *, comment: str, interval: str | None = None) -> None:
        """Begin a group; without an interval it is evaluated at the server's own."""
        self._lines += [f"  {line}" for line in comment_lines(comment)]
        self._lines.append(f"  - name: {scalar_line(name)}")
        if interval is not None:
            self._lines.append(f"    interval: {interval}")
        self._lines.append("    rules:")

    def record(self, record: str, expr: str, labels: Sequence[str], *, comment: str) -> None:
        """Add a recording rule; `labels` are lines made by `label_lines`."""
        self._begin(comment, f"record: {record}", expr)
        self._lines += labels

    def alert(
        self, name: str, expr: str, settings: Pairs, labels: Pairs, annotations: Pairs, *, comment: str
    ) -> None:
        """Add an alerting rule; `settings` are durations such as `for`."""
        self._begin(comment, f"alert: {scalar_line(name)}", expr)
        self._lines += [f"        {key}: {value}" for key, value in settings]
        self._lines += label_lines(labels)
        self._lines.append("        annotations:")
        self._lines += [f"          {key}: {scalar_line(value)}" for key, value in annotations]

    def text(self) -> str:
        """Return the whole file."""
        return "\n".join(self._lines) + "\n"

    def _begin(self, comment: str, first: str, expr: str) -> None:
        self._lines += [f"      {line}" for line in comment_lines(comment)]
        self._lines.append(f"      - {first}")
        self._lines += scalar_lines(expr, "        expr: ", "        ")


def label_lines(labels: Iterable[tuple[str, str]]) -> list[str]:
    """Return the lines of a rule's labels."""
    return [
        "        labels:",
        *(f"          {scalar_line(name)}: {scalar_line(value)}" for name, value in labels),
    ]
