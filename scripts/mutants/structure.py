"""Mutations of how an expression is built: operators, guards, tiers, aggregations; and whole rules."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.mutants.edit import Edit
from scripts.mutants.expression import COMPARISONS, Binary, binaries, calls, clauses, texts
from scripts.mutants.rules import Rule

_FLIPPED = {">": "<", "<": ">", ">=": "<", "<=": ">", "==": "!=", "!=": "=="}
_OTHER_OPERATOR = {
    "*": "/",
    "/": "*",
    "+": "-",
    "-": "+",
    "%": "*",
    "and": "or",
    "or": "and",
    "unless": "and",
}
_OTHER_FUNCTION = {
    "sum": "max",
    "max": "min",
    "min": "max",
    "avg": "sum",
    "count": "sum",
    "group": "sum",
    "topk": "bottomk",
    "absent": "count",
    "sum_over_time": "max_over_time",
    "avg_over_time": "max_over_time",
    "max_over_time": "min_over_time",
    "min_over_time": "max_over_time",
    "last_over_time": "min_over_time",
    "count_over_time": "sum_over_time",
    "increase": "rate",
    "rate": "increase",
    "clamp_min": "clamp_max",
    "clamp_max": "clamp_min",
    "month": "day_of_month",
    "day_of_month": "day_of_week",
    "day_of_week": "day_of_month",
}
_WRAPPERS = ("sum", "max", "min", "avg", "count")


def operators(rule: Rule) -> Iterator[Edit]:
    """Yield each operator changed, each comparison dropped, each quotient turned round."""
    for one in binaries(list(rule.words)):
        word = one.operator
        if word.text in COMPARISONS:
            yield Edit("comparison", word.start, word.end, _FLIPPED[word.text])
            yield Edit("comparison", one.left[1], one.right[1], "")
            if _is_against_zero(rule, one):
                yield Edit("comparison", word.start, word.end, ">=" if word.text == ">" else word.text[0])
        else:
            yield Edit("operator", word.start, word.end, _OTHER_OPERATOR[word.text])
        if word.text in ("/", "-"):
            left, right = rule.text[slice(*one.left)], rule.text[slice(*one.right)]
            yield Edit("swapped", *one.left, right, (*one.right, left))


def _is_against_zero(rule: Rule, one: Binary) -> bool:
    """Return whether the bound itself matters: counts and clamped values are often exactly 0."""
    return one.operator.text in (">", "<", "<=", ">=") and rule.text[slice(*one.right)] == "0"


def operands(rule: Rule) -> Iterator[Edit]:
    """Yield each side of `or` and `and` dropped, and each `unless`: tiers and guards."""
    for one in binaries(list(rule.words)):
        word = one.operator.text
        if word not in ("or", "and", "unless"):
            continue
        is_tier = rule.is_alert and one.depth == 0 and word == "or"
        kind = "tier" if is_tier else "guard" if word != "and" else "condition"
        yield Edit(kind, one.left[1], one.right[1], "")
        if word != "unless":
            yield Edit(kind, one.left[0], one.right[0], "")


def functions(rule: Rule) -> Iterator[Edit]:
    """Yield each function replaced by its decoy, each clamp and each outermost aggregation left out."""
    for call in calls(list(rule.words)):
        name = call.name.text
        if name in _OTHER_FUNCTION:
            yield Edit("aggregation", call.name.start, call.name.end, _OTHER_FUNCTION[name])
        if name in ("clamp_min", "clamp_max"):
            start, end = call.arguments[0]
            yield Edit("guard", call.name.start, call.end, rule.text[start:end])
        elif name in _WRAPPERS and len(call.arguments) == 1:
            start, end = call.arguments[0]
            yield Edit("wrapper", call.name.start, call.end, rule.text[start:end])


def grouped(rule: Rule) -> Iterator[Edit]:
    """Yield each clause that says which labels count left out: series are then one, or find no partner."""
    for clause in clauses(list(rule.words)):
        yield Edit("grouping", clause.name.start, clause.end, "")


def written(rule: Rule) -> Iterator[Edit]:
    """Yield each text that a function writes, with another value."""
    for word in texts(list(rule.words)):
        yield Edit("text", word.start, word.end, f'{word.text[:-1]}x"')


def dropped(rule: Rule) -> Iterator[Edit]:
    """Yield the whole rule left out."""
    yield Edit("rule dropped", rule.start, rule.end, "")
