"""The shape of a rule file and its proofs: their texts with a placeholder for each own name.

Two SLOs of one shape differ by a renaming that is one-to-one, and PromQL treats names alike: what promtool shows for one
is true of the other. So the reader is strict. It knows the lines that the emitter writes, and PromQL in which a name can
only be compared with itself. Whatever else it finds makes the file a shape of its own, which gets its own proof.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from watchkeeper.plan.proofs.proof_text import ProofText
from watchkeeper.verify.own_names import OwnNames
from watchkeeper.verify.rule_lines import Unreadable, read_rules

# Words before a parenthesis for which it does not matter how the values of labels are called.
_KNOWN = frozenset(
    ("sum", "avg", "min", "max", "count", "rate", "increase", "irate", "delta", "clamp", "clamp_min", "clamp_max", "abs",
     "vector", "time", "scalar", "absent", "absent_over_time", "sum_over_time", "avg_over_time", "min_over_time",
     "max_over_time", "count_over_time", "last_over_time", "histogram_quantile", "histogram_count", "histogram_sum",
     "histogram_fraction", "by", "without", "on", "ignoring", "group_left", "group_right", "and", "or", "unless", "bool",
     "offset")
)  # fmt: skip
# Aggregations that choose by name or make names of values, in front of `by (...)` too.
_CHOOSING = frozenset(("topk", "bottomk", "limitk", "limit_ratio", "count_values"))
_TOKEN = re.compile(
    # Values, none of which is a name, become values of a label that no name has.
    r'(?:count_values\("begins", )'
    r'|([A-Za-z_]\w*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"'  # a matcher
    r"|([A-Za-z_:][\w:]*)(\s*[({])?"  # a word
    r"|[\"'`#]"  # what this reader does not know
)
_BY_PATTERN = re.compile(r"([A-Za-z_]\w*)\s*(?:=~|!~)")
_UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
# Slots that are filled with a name alone.
_NAME_SLOT = re.compile(r"live|rollup|group|id|service|alert\w*")


class RulesShape:
    """A published rule file seen through its names; `key` is None where it is like no other."""

    def __init__(self, rules: str, names: OwnNames | None) -> None:
        """Read the file; a missing or ambiguous set of names makes it one of its own."""
        self._reader: _Reader | None = None
        if names is None or _UNSEEN.search(rules):
            return
        try:
            lines, exprs = read_rules(rules, names)
            reader = _Reader(names, frozenset(_BY_PATTERN.findall("\n".join(exprs))))
            parts = [line if value is None else reader.label(line, value) for line, value in lines]
            parts += map(reader.promql, exprs)
        except Unreadable:
            return
        self._reader, self._rules = reader, _digest(tuple(parts))

    def key(self, proof: ProofText) -> str | None:
        """Return a word that is the same for rules and proofs of one shape; None where the shape is its own."""
        if self._reader is None:
            return None
        parts = []
        try:
            for slot, value in proof.names.items():
                is_name = _NAME_SLOT.fullmatch(slot) is not None
                parts += [slot, self._reader.name(value) if is_name else self._reader.promql(value)]
        except Unreadable:
            return None
        return _digest((self._rules, proof.template, *parts))


class _Reader:
    """Replaces names in PromQL; the values of labels that a pattern is compared with stay as they are."""

    def __init__(self, names: OwnNames, by_pattern: frozenset[str]) -> None:
        self._metrics, self._values, self._by_pattern = names.metrics, names.values, by_pattern

    def name(self, text: str) -> str:
        return self._values.get(text, text)

    def label(self, label: str, value: str) -> str:
        return f"{label}={self._value(label, value)}"

    def promql(self, text: str) -> str:
        return _TOKEN.sub(self._token, text)

    def _value(self, label: str, value: str) -> str:
        return value if label in self._by_pattern else self._values.get(value, value)

    def _token(self, match: re.Match[str]) -> str:
        label, op, value, word, after = match.groups()
        if match[0].startswith("count_values("):
            return match[0]
        if label is not None:
            if label == "__name__" or ("~" not in op and "\\" in value):
                raise Unreadable
            return f'{label}{op}"{value if "~" in op else self._value(label, value)}"'
        if word is None or word in _CHOOSING:
            raise Unreadable
        if after is not None and after.endswith("{"):
            return f"{self._metrics.get(word, word)}{after}"
        if word in self._metrics or (after is not None and word not in _KNOWN):
            raise Unreadable
        return match[0]


def _digest(parts: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode("utf-8", "surrogateescape")
        digest.update(b"%d:" % len(content))
        digest.update(content)
    return digest.hexdigest()
