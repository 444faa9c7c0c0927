"""Read a notification from its labels, label listings and titles, whichever exist.

Titles take the form Alertmanager gives them: ``[FIRING:1] HighErrorRate helloagents (...)``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from watchkeeper.sinks.channels.payload import strings, text
from watchkeeper.sinks.delivery import Status

SEVERITIES = ("critical", "error", "warning", "info", "none")
MAX_SUMMARY = 200

_BRACKET = re.compile(r"\[\s*(FIRING|RESOLVED)\s*(?::\s*\d+)?\s*\]([^\n]*)", re.IGNORECASE)
_WORD = re.compile(r"\b(firing|resolved)\b", re.IGNORECASE)
_LISTED = re.compile(
    r"^[ \t>*_`•-]*(alertname|severity|service)[*_`]*[ \t]*[=:][ \t*_`\"']*(\w[\w.:-]*)",
    re.IGNORECASE | re.MULTILINE,
)
_INLINE = re.compile(r"(?<![\w-])(alertname|severity|service)[ \t]*=[ \t\"']*(\w[\w.:-]*)", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z_][\w.-]*")
# After one of these a title continues in prose, which names no alert.
_PROSE = re.compile(r":\s| [-–—] |\|")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one source says; an empty field means that it says nothing."""

    status: Status = "unknown"
    alerts: tuple[str, ...] = ()
    severity: str = ""
    service: str = ""

    def over(self, other: Reading) -> Reading:
        """Return the alerts of both; for other fields this reading takes precedence over the other."""
        return Reading(
            status=other.status if self.status == "unknown" else self.status,
            alerts=tuple(dict.fromkeys(self.alerts + other.alerts)),
            severity=self.severity or other.severity,
            service=self.service or other.service,
        )


def read(payload: object, *, titles: Iterable[str] = ()) -> Reading:
    """Combine labels and listed labels, then titles, then labels inside sentences."""
    pairs = list(strings(payload))
    known = _from_labels((key, value) for key, value in pairs if key in ("alertname", "severity", "service"))
    known = known.over(_from_labels(pair for _, value in pairs for pair in _LISTED.findall(value)))
    for title in titles:
        known = known.over(read_title(title, guess=not known.alerts))
    known = known.over(_from_labels(pair for _, value in pairs for pair in _INLINE.findall(value)))
    not_alerts = {known.service, *SEVERITIES} - {""}
    named = tuple(name for name in known.alerts if name not in not_alerts)
    return Reading(known.status, named, known.severity, known.service)


def read_title(title: str, *, guess: bool = True) -> Reading:
    """Return what a title says; with ``guess``, a name that is not in CamelCase may also be an alert."""
    found = _BRACKET.search(title)
    if found is None:
        plain = _PROSE.split(short(title), maxsplit=1)[0]
        return Reading(alerts=_camel(_TOKEN.findall(plain)) if guess else ())
    head, _, common = _PROSE.split(found[2], maxsplit=1)[0].partition("(")
    tokens = [token.rstrip(".-") for token in _TOKEN.findall(head)]
    alerts = _camel(tokens) or (_guess(tokens, common=common) if guess else ())
    others = [token for token in tokens if token not in alerts and token not in SEVERITIES]
    words = [word for word in _TOKEN.findall(found[2]) if word in SEVERITIES]
    return Reading(
        status="resolved" if found[1].upper() == "RESOLVED" else "firing",
        alerts=alerts,
        severity=words[0] if words else "",
        service=others[0] if others else "",
    )


def status_in(value: str) -> Status:
    """Return the status that a bracket or, failing that, a single unambiguous word gives."""
    found = _BRACKET.search(value)
    words = {found[1].lower()} if found else {word.lower() for word in _WORD.findall(value)}
    if words == {"firing"}:
        return "firing"
    return "resolved" if words == {"resolved"} else "unknown"


def short(value: object) -> str:
    """Return the first line of ``value``, cut to fit a table cell."""
    line = next(iter(text(value).splitlines()), "")
    return line if len(line) <= MAX_SUMMARY else line[: MAX_SUMMARY - 1] + "…"


def _from_labels(pairs: Iterable[tuple[str, str]]) -> Reading:
    found: dict[str, list[str]] = {"alertname": [], "severity": [], "service": []}
    for key, value in pairs:
        if value:
            found[key.lower()].append(value.rstrip(".:-"))
    return Reading(
        alerts=tuple(dict.fromkeys(found["alertname"])),
        severity=next(iter(found["severity"]), ""),
        service=next(iter(found["service"]), ""),
    )


def _camel(tokens: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(token for token in tokens if _is_camel(token)))


def _is_camel(token: str) -> bool:
    capitals = sum(char.isupper() for char in token)
    return token.isidentifier() and token[0].isupper() and 2 <= capitals < len(token)


def _guess(tokens: list[str], *, common: str) -> tuple[str, ...]:
    if tokens and tokens[0][0].isupper():
        return (tokens[0],)
    # Grouped only by service, Alertmanager's own title has the alert only among the common labels.
    return _camel(_TOKEN.findall(common)) or tuple(tokens[:1] if len(tokens) > 1 else ())
