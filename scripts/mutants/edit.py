"""One small change of a rule's text."""

from __future__ import annotations

from dataclasses import dataclass

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Edit:
    """The text from `start` to `end` becomes `new`; `second` is a further place that changes with it."""

    kind: str
    start: int
    end: int
    new: str
    second: tuple[int, int, str] | None = None

    def applied(self, text: str) -> str:
        """Return the changed text."""
        if self.second is not None:
            start, end, new = self.second
            text = text[:start] + new + text[end:]
        return text[: self.start] + self.new + text[self.end :]

    def words(self, text: str) -> str:
        """Return old and new in one short line."""
        old = _short(text[self.start : self.end])
        new = _short(self.new)
        if self.second is not None:
            start, end, other = self.second
            return f"{old} … {_short(text[start:end])} → {new} … {_short(other)}"
        if not new:
            return f"{old} dropped"
        return f"{old} → {new}" if old else f"{new} added"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN // 2 - 1]} … {line[-_SHOWN // 2 + 2 :]}"
