"""The parts of a notification as Alertmanager templates, in the dialect of any receiver.

A template cannot pass another one's output through a function, so each part is written for the dialect that shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from watchkeeper import naming

# Alerts, labels and characters beyond these are left out: each receiver has a limit, far above what people read.
ALERTS_SHOWN: Final = 10
_LABELS_SHOWN: Final = 8
_NAME, _VALUE, SENTENCE, PARAGRAPH = 60, 100, 250, 900
# In a link a value cannot be cut, and Alertmanager's own page reads no other names of labels.
_LONGEST_IN_LINK: Final = 200

# Line breaks, control characters, and marks that reverse the order of the text after them.
_NO_LINE: Final = r"[\s\p{Z}\p{Cc}\x{202a}-\x{202e}\x{2066}-\x{2069}]+"
_TIME: Final = '.UTC.Format "2006-01-02 15:04:05"'
# These have a line of their own; the others are listed.
_NAMED_LABELS: Final = (
    ("Service", "service"),
    ("Objective", "slo"),
    ("Severity", "severity"),
    ("Team", "team"),
)
_NOT_LISTED: Final = ("alertname", "service", "slo", "slo_id", "severity", "team", "alert_kind")
_ADDRESSES: Final = (("Runbook", "runbook_url"), ("Dashboard", "dashboard_url"), ("Traces", "traces_url"))

# What the first line of every message of a drill begins with.
DRILL_MARK: Final = f"{{{{ if .CommonLabels.{naming.DRILL_LABEL} }}}}[DRILL] {{{{ end }}}}"

Line = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Dialect:
    """What stands for characters that a receiver would interpret: pairs of a pattern and its replacement, in order."""

    escapes: tuple[tuple[str, str], ...] = ()

    def shown(self, value: str, limit: int = _VALUE) -> str:
        """Return the action that shows a value as one line of at most `limit` characters, inert for the receiver."""
        steps = [
            value,
            f'reReplaceAll `{_NO_LINE}` " "',
            f'reReplaceAll `(?s)^(.{{{limit}}}).+` "${{1}}…"',
            *(f"reReplaceAll `{pattern}` {replacement}" for pattern, replacement in self.escapes),
        ]
        return f"{{{{ {' | '.join(steps)} }}}}"


PLAIN: Final = Dialect()


def define(name: str, body: str) -> str:
    """Return a named template; its argument, the whole notification, is `.` and `$` there."""
    return f'{{{{ define "watchkeeper.{name}" -}}}}\n{body}\n{{{{- end }}}}\n'


def names(dialect: Dialect) -> str:
    """Return the names of the alerts that fire, each once, or of those that are resolved when none fires."""
    return '{{ template "watchkeeper.names" . }}' if dialect == PLAIN else _names(dialect)


def _names(dialect: Dialect) -> str:
    # Templates have no sets, so each name is searched in the list of names so far.
    return (
        '{{ $those := .Alerts.Firing }}{{ if eq .Status "resolved" }}{{ $those = .Alerts.Resolved }}{{ end }}'
        '{{ $said := "," }}{{ range $those }}{{ $name := .Labels.alertname | reReplaceAll `[\\\\,]` "_" }}'
        "{{ if not (match (printf `,\\Q%s\\E,` $name) $said) }}"
        f"{{{{ if lt (len $said) {SENTENCE} }}}}"
        f'{{{{ if ne $said "," }}}}, {{{{ end }}}}{dialect.shown("$name", _NAME)}{{{{ else }}}}…{{{{ break }}}}{{{{ end }}}}'
        '{{ $said = printf "%s%s," $said $name }}{{ end }}{{ end }}'
    )


def title(dialect: Dialect) -> str:
    """Return the state, the alerts' names and the service: a phone shows only the beginning."""
    state = '[{{ .Status | toUpper }}{{ if eq .Status "firing" }}:{{ .Alerts.Firing | len }}{{ end }}]'
    return f"{DRILL_MARK}{state} {names(dialect)}{{{{ with .CommonLabels.service }}}} {dialect.shown('.', _NAME)}{{{{ end }}}}"


def headline(dialect: Dialect) -> str:
    """Return what is wrong in words, or the names of alerts that do not say the same."""
    said = dialect.shown(".", SENTENCE)
    return f"{DRILL_MARK}{{{{ with .CommonAnnotations.summary }}}}{said}{{{{ else }}}}{names(dialect)}{{{{ end }}}}"


def description(dialect: Dialect, before: str = "", after: str = "\n") -> str:
    """Return the current values and the objective's own sentence, where all alerts have the same."""
    said = dialect.shown(".", PARAGRAPH)
    return f"{{{{ with .CommonAnnotations.description }}}}{before}{said}{after}{{{{ end }}}}"


def facts(dialect: Dialect, line: Line) -> str:
    """Return what all alerts of the notification have in common, and since when they fire."""
    parts = [
        f"{{{{ with .CommonLabels.{label} }}}}{line(name, dialect.shown('.', _NAME))}{{{{ end }}}}"
        for name, label in _NAMED_LABELS
    ]
    others = f"(.CommonLabels.Remove (stringSlice {' '.join(map(_quoted, _NOT_LISTED))}))"
    parts.append(f"{{{{ with {others} }}}}{line('Labels', _pairs(dialect))}{{{{ end }}}}")
    return "".join((*parts, _since(line)))


def _quoted(text: str) -> str:
    return f'"{text}"'


def _pairs(dialect: Dialect) -> str:
    """Return the labels that are `.`, as far as they fit."""
    pair = f"{dialect.shown('$pair.Name', _NAME)}={dialect.shown('$pair.Value')}"
    return (
        f"{{{{ range $nth, $pair := .SortedPairs }}}}{{{{ if lt $nth {_LABELS_SHOWN} }}}}"
        f"{{{{ if $nth }}}}, {{{{ end }}}}{pair}"
        f"{{{{ else if eq $nth {_LABELS_SHOWN} }}}}, …{{{{ end }}}}{{{{ end }}}}"
    )


def _since(line: Line) -> str:
    """Return the time at which the first alert began, and for resolved ones the time at which the last ended."""
    begin = (
        "{{ $since := (index .Alerts 0).StartsAt }}{{ $until := $since }}{{ range .Alerts }}"
        "{{ if .StartsAt.Before $since }}{{ $since = .StartsAt }}{{ end }}"
        "{{ if .EndsAt.After $until }}{{ $until = .EndsAt }}{{ end }}{{ end }}"
    )
    lasted = '{{ printf "%s" ($until.Sub $since) | reReplaceAll `[.][0-9]+s$` "s" }}'
    ended = line("Resolved", f"{{{{ $until{_TIME} }}}} UTC, after {lasted}")
    return (
        begin
        + line("Since", f"{{{{ $since{_TIME} }}}} UTC")
        + f'{{{{ if eq .Status "resolved" }}}}{ended}{{{{ end }}}}'
    )


def listed(dialect: Dialect, state: str, heading: Callable[[str], str], item: Callable[[str], str]) -> str:
    """Return the alerts of a state, Firing or Resolved, where there are several, with what they do not share."""
    own = (
        f"{{{{ with .Labels.Remove $.CommonLabels.Names }}}}{_pairs(dialect)}"
        "{{ else }}no further label{{ end }}"
        f"{{{{ if not $.CommonAnnotations.summary }}}}{{{{ with .Annotations.summary }}}}: {dialect.shown('.')}{{{{ end }}}}"
        "{{ end }}"
        "{{ if not $.CommonAnnotations.description }}{{ with .Annotations.description }}: "
        f"{dialect.shown('.', SENTENCE)}{{{{ end }}}}{{{{ end }}}}"
    )
    rest = item(f"and {{{{ len (slice $those {ALERTS_SHOWN}) }}}} more")
    return (
        f"{{{{ $those := .Alerts.{state} }}}}{{{{ if and $those (gt (len .Alerts) 1) }}}}"
        f"{heading(f'{state}: {{{{ len $those }}}}')}"
        f"{{{{ range $nth, $alert := $those }}}}{{{{ if lt $nth {ALERTS_SHOWN} }}}}{item(own)}{{{{ end }}}}{{{{ end }}}}"
        f"{{{{ if gt (len $those) {ALERTS_SHOWN} }}}}{rest}{{{{ end }}}}{{{{ end }}}}"
    )


def run_first(dialect: Dialect, line: Line) -> str:
    """Return the query to run first, and the runbook that has no address, while something fires."""
    query = line("Run first", dialect.shown(".", PARAGRAPH))
    runbook = line("Runbook in the repository", dialect.shown(".", SENTENCE))
    return (
        f'{{{{ if eq .Status "firing" }}}}{{{{ with .CommonAnnotations.query }}}}{query}{{{{ end }}}}'
        f"{{{{ with .CommonAnnotations.runbook_path }}}}{runbook}{{{{ end }}}}{{{{ end }}}}"
    )


def links(link: Line, *, encodes: bool = False) -> str:
    """Return the links, that to a silence only while something fires; `encodes` where HTML encodes values itself."""
    # What ends a link in one of the dialects.
    ends = {"[|]": "%7C", "<": "%3C", ">": "%3E", "[(]": "%28", "[)]": "%29"}
    written = "" if encodes else "".join(f" | reReplaceAll `{end}` `{code}`" for end, code in ends.items())
    shown = [
        f"{{{{ with .CommonAnnotations.{name} }}}}{{{{ if match `^https?://[^\\s]{{1,900}}$` . }}}}"
        f"{link(text, f'{{{{ .{written} }}}}')}{{{{ end }}}}{{{{ end }}}}"
        for text, name in _ADDRESSES
    ]
    return "".join((*shown, *_silence(link, encodes=encodes)))


def silence_address(*, encodes: bool = False) -> str:
    """Return the address of Alertmanager's form for a silence, filled in with the labels that all alerts share."""
    written = "" if encodes else ' | urlquery | reReplaceAll `[+]` "%20"'
    value = '.Value | reReplaceAll `(["\\\\])` `\\$1`' + written
    return (
        "{{ $.ExternalURL }}/#/silences/new?filter=%7B{{ range $nth, $pair := $.CommonLabels.SortedPairs }}"
        f"{{{{ if $nth }}}}%2C%20{{{{ end }}}}{{{{ .Name }}}}%3D%22{{{{ {value} }}}}%22{{{{ end }}}}%7D"
    )


def _silence(link: Line, *, encodes: bool) -> Iterator[str]:
    yield "{{ if and .Alerts.Firing .CommonLabels }}{{ $fits := true }}{{ range .CommonLabels.SortedPairs }}"
    yield f"{{{{ if or (gt (len .Value) {_LONGEST_IN_LINK}) (not (match `^[A-Za-z0-9_]+$` .Name)) }}}}{{{{ $fits = false }}}}"
    yield "{{ end }}{{ end }}{{ if $fits }}"
    yield link("Silence", silence_address(encodes=encodes))
    yield "{{ end }}{{ end }}"


def plain_text(dialect: Dialect = PLAIN, *, link: Line | None = None, end: str = "\n") -> str:
    """Return a message of lines: the description, what is common, the alerts one by one, what to do, links.

    `link` writes a link, a line each by default; `end` ends a line.
    """

    def line(name: str, value: str) -> str:
        return f"{name}: {value}{end}"

    def item(text: str) -> str:
        return f"- {text}{end}"

    def heading(text: str) -> str:
        return f"\n{text}{end}"

    return "".join(
        (
            description(dialect, after=f"{end}\n"),
            facts(dialect, line),
            *(listed(dialect, state, heading, item) for state in ("Firing", "Resolved")),
            f'{{{{ if eq .Status "firing" }}}}\n{{{{ end }}}}{run_first(dialect, line)}',
            links(link) if link else f"\n{links(line)}",
        )
    )


# What several kinds of receivers show as it is: the names of the alerts, and the message in lines.
TEMPLATE: Final = f"{define('names', _names(PLAIN))}\n{define('text', plain_text())}"
TEXT: Final = '{{ template "watchkeeper.text" . }}'
