"""One thing that the published routing does otherwise than the spec promises, and which alerts it is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from watchkeeper import naming

FILE = f"{naming.ALERTMANAGER}/alertmanager.yml"
# Place, words, and what it is about.
Found = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class RoutingFault:
    """`where` is the line of the published file that decides, `words` what is wrong, `about` the alerts."""

    where: str
    words: str
    about: tuple[str, ...] = ()

    def __str__(self) -> str:
        more = f" and {len(self.about) - 1} more" if len(self.about) > 1 else ""
        return f"{self.where}: {self.words}{f' for {self.about[0]}{more}' if self.about else ''}"


def place(line: int) -> str:
    """Return a line of the published file; the file alone where there is no such line."""
    return f"{FILE}:{line}" if line else FILE


def gathered(found: Iterable[Found]) -> tuple[RoutingFault, ...]:
    """Return one fault for each place and words, with everything that it is about."""
    about: dict[tuple[str, str], dict[str, None]] = {}
    for where, words, alert in found:
        about.setdefault((where, words), {}).update({alert: None} if alert else {})
    return tuple(RoutingFault(*key, tuple(alerts)) for key, alerts in about.items())
