"""promtool's unit tests, line by line: their shape is fixed, and there are many of these lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from watchkeeper.emit.yaml import comment_lines


class ProofFile:
    """Writes one file of unit tests."""

    def __init__(
        self, header: str, rule_files: Sequence[str], evaluation_interval: str, groups: Sequence[str]
    ) -> None:
        self._lines = [
            *(comment_lines(header) if header else ()),
            "rule_files:",
            *(f"  - {path}" for path in rule_files),
        ]
        self._lines += [f"evaluation_interval: {evaluation_interval}", "group_eval_order:"]
        self._lines += [*(f"  - {group}" for group in groups), "tests:"]

    def test(self, name: str, interval: str, series: Iterable[tuple[str, str]]) -> None:
        """Begin a test: its name and its input series with their samples, one each `interval`."""
        self._lines += [f"  - name: {quoted(name)}", f"    interval: {interval}", "    input_series:"]
        for text, samples in series:
            self._lines.append(f"      - series: {quoted(text)}")
            # Quoted: as a plain scalar 0x16 would be 22.
            self._lines.append(f"        values: {quoted(samples)}")
        self._lines.append("    promql_expr_test:")

    def expect(self, expr: str, at: str, samples: Sequence[tuple[str, str]]) -> None:
        """Add a check: at an instant the expression gives exactly these series, as labels and value."""
        self._lines.append(f"      - expr: {quoted(expr)}")
        self._lines.append(f"        eval_time: {at}")
        if not samples:
            self._lines.append("        exp_samples: []")
            return
        self._lines.append("        exp_samples:")
        for labels, value in samples:
            self._lines.append(f"          - labels: {quoted(labels)}")
            self._lines.append(f"            value: {value}")

    def text(self) -> str:
        """Return the whole file."""
        return "\n".join(self._lines) + "\n"


def quoted(text: str) -> str:
    """Return one line of text as a single-quoted YAML scalar."""
    return "'" + text.replace("'", "''") + "'"
