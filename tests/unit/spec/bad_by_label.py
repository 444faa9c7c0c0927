"""Wrong uses of `by`: title, code, text, and a word of the message. `«` marks the problem's place."""

from __future__ import annotations

_TENANTS = (
    "metrics:\n"
    "  - {name: orders_total, type: counter, labels: [status, tenant], values: {status: [ok, failed]}}\n"
    "  - {name: carts_total, type: counter, labels: [status]}\n"
)


def _by(title: str, code: str, by: str, word: str, sli: str = "{availability: http}") -> tuple[str, ...]:
    return (title, code, f"slos:\n  - {{name: a, objective: 99%, sli: {sli}, {by}}}\n", word)


def _orders(
    title: str, code: str, by: str, word: str, bad: str = 'orders_total{status="failed"}'
) -> tuple[str, ...]:
    sli = f"{{events: {{bad: '{bad}', total: orders_total}}}}"
    _, _, text, _ = _by(title, code, by, word, sli)
    return (title, code, _TENANTS + text, word)


BAD_BY_LABEL: tuple[tuple[str, ...], ...] = (
    _by("by a label that the metric lacks", "WK208", "by: [«tenant]", "handler"),
    _by("by a misspelled label", "WK208", "by: [«handlr]", "did you mean handler"),
    _by("by the status that decides", "WK111", "by: [«status_code]", "handler"),
    _by("by two labels", "WK110", "by: «[handler, method]", "longer than 1"),
    _by("by no label", "WK110", "by: «[]", "empty"),
    _by("by a label that is no name", "WK107", "by: [«my-label]", "handler"),
    _by("by one text", "WK103", "by: «handler", "list"),
    _by("by the service", "WK217", "by: [«service]", "set by the rules"),
    _by("by an instance", "WK217", "by: [«instance]", "handler"),
    _by("by the objective's own label", "WK217", "by: [«handler], labels: {handler: x}", "labels of the objective"),
    _by("a bound without a label", "WK111", "«at_most: 5", "by"),
    _by("a bound beside listed values", "WK111", "by: {handler: [/a]}, «at_most: 5", "remove"),
    _by("a bound that is too large", "WK108", "by: [handler], at_most: «1000", "200"),
    _by("by a route that is none", "WK226", "by: {handler: [/a, «checkout]}", "/checkout"),
    _by("by the rest itself", "WK226", "by: {handler: [/a, «__other__]}", "share"),
    _by("by what a filter selects", "WK111", "by: [«handler]", "where",
        "{availability: http, where: {handler: [/a, /b]}}"),
    _by("by a label of a gauge", "WK111", "by: [«job]", "measures time", "{boolean: up}"),
    _by("by a label in a calendar month", "WK111", "window: month, by: [«handler]", "rolling"),
    _orders("by a label that nothing bounds", "WK228", "by: [«tenant]", "at_most"),
    _orders("by a label that one of the metrics lacks", "WK208", "by: [«tenant], at_most: 5", "carts_total",
            bad="carts_total"),
    _orders("by the label that makes events bad", "WK111", "by: [«status]", "already selects"),
    _orders("by a label in an expression", "WK111", "by: [«tenant], at_most: 5", "expression",
            bad="orders_total + orders_total"),
)  # fmt: skip
