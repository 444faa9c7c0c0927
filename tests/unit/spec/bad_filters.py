"""Wrong uses of `where` and `exclude`: title, code, text, and a word of the message. `«` marks the problem's place."""

from __future__ import annotations


def _where(title: str, code: str, where: str, word: str, kind: str = "availability: http") -> tuple[str, ...]:
    line = f"{{name: a, objective: 99%, sli: {{{kind}, where: {where}}}}}"
    return (title, code, f"slos:\n  - {line}\n", word)


_LATENCY = "latency: http, threshold: 200ms"
_OWN = "metrics:\n  - {name: job_seconds, type: histogram, labels: [kind], values: {kind: [mail, report]}}\n"


def _own(title: str, code: str, where: str, word: str) -> tuple[str, ...]:
    _, _, text, _ = _where(title, code, where, word, "latency: job_seconds, threshold: 1s")
    return (title, code, _OWN + text, word)


BAD_FILTERS: tuple[tuple[str, ...], ...] = (
    _where("a filter by a label that the metric lacks", "WK208", "{«handlr: /checkout}", "handler"),
    _where("a filter by the service", "WK208", "{«service: checkout}", "method"),
    _where("a filter by a bucket", "WK208", "{«le: '0.2'}", "handler", _LATENCY),
    _where("a filter by the status that decides", "WK111", "{«status_code: ['500', '503']}", "events"),
    _where("a filter on a method in small letters", "WK226", "{method: «get}", "GET"),
    _where("a filter on a method that does not exist", "WK226", "{method: [GET, «FETCH]}", "PATCH"),
    _where("a filter that leaves out a method that does not exist", "WK226", "{method: {not: [«OPTION]}}", "OPTIONS"),
    _where("a handler without its slash", "WK226", "{handler: «checkout}", "/checkout"),
    _where("a handler that is a pattern", "WK226", "{handler: [/a, «/api/*]}", "compared whole"),
    _where("a handler with a converter", "WK226", "{handler: «'/items/{id:int}'}", "/items/{id}"),
    _where("a handler that is never counted", "WK226", "{handler: {not: «/metrics}}", "does not count"),
    _own("a filter on a value that is not declared", "WK226", "{kind: «mails}", "mail"),
    _own("a filter that leaves out every value", "WK226", "{«kind: {not: [mail, report]}}", "every kind"),
    _where("a filter on a number", "WK103", "{handler: «5}", "quotes"),
    _where("a filter on nothing", "WK110", "«{}", "empty"),
    _where("a filter on an empty list", "WK110", "{handler: «[]}", "empty"),
    _where("a filter on an empty text", "WK110", "{handler: «''}", "empty"),
    _where("a filter that names a value twice", "WK203", "{handler: «[/a, /a]}", "twice"),
    _where("a filter with an unknown key", "WK101", "{handler: {«nt: /a}}", "not"),
    _where("a filter without an exclusion", "WK110", "{handler: «{}}", "empty"),
    _where("a filter by a label that is no name", "WK107", "{«my-label: a}", "handler"),
    _where("a filter that is a list", "WK103", "«[handler]", "mapping"),
    ("a filter on a gauge", "WK111",
     "slos:\n  - {name: a, objective: 99%, sli: {boolean: up, «where: {handler: /a}}}\n", "queries"),
    ("a filter on the service's own path of metrics", "WK226",
     "metrics_path: /prom\nslos: [{name: a, objective: 99%, sli: {availability: http, where: {handler: «/prom}}}]\n",
     "does not count"),
    ("a filter on an excluded handler", "WK226",
     "exclude: [/events]\nslos:\n  - {name: a, objective: 99%, sli: {availability: http, where: {handler: «/events}}}\n",
     "exclude"),
    ("an excluded path without its slash", "WK109", "exclude: [«events]\n", "/items/{id}"),
    ("an excluded pattern", "WK109", "exclude: [«/api/*]\n", "compared whole"),
    ("an excluded template with a converter", "WK109", "exclude: [«'/items/{id:int}']\n", "/items/{id}"),
    ("an excluded path that is listed twice", "WK203", "exclude: «[/a, /a]\n", "twice"),
    ("an exclusion of nothing", "WK110", "exclude: «[]\n", "empty"),
)  # fmt: skip
