"""A histogram's bucket in a foreign query: its bound in either spelling, and objectives on latency."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

import promql_parser

from watchkeeper import contract, promql_tree
from watchkeeper.emit.promql import selector
from watchkeeper.emit.yaml import Value
from watchkeeper.model.duration import Duration
from watchkeeper.plan.bucket_matcher import bucket_matcher
from watchkeeper.spec.histogram_units import unit_in_name

Matcher = tuple[str, str, str]
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000}
# A pattern that lists whole values, such as GET|POST or (GET|POST).
_LISTED = re.compile(r"\(?((?:[\w/ :@-]|\\[.+*?()|\[\]{}^$])+(?:\|(?:[\w/ :@-]|\\[.+*?()|\[\]{}^$])+)*)\)?")
_MOST_LABELS, _MOST_VALUES = 10, 20


def with_either_spelling(node: Any) -> tuple[str, set[str]]:
    """Return a vector selector as text, with the remark that a whole bound is found as 5 and as 5.0."""
    notes: set[str] = set()
    own = []
    for one in _matchers(node):
        bound = _number(one[2]) if one[:2] == ("le", "=") else None
        either = bucket_matcher(bound, external=True) if bound is not None else one
        if either[1] == "=~" and one[1] == "=":
            notes.add(
                f'finds the bucket `le="{one[2]}"` in both spellings, because Prometheus 3 writes 5 as 5.0'
            )
        own.append(either if either[1] == "=~" else one)
    shown: str = node.prettify()
    # What follows the selector is an offset or an @; neither contains a brace.
    suffix = shown[shown.rfind("}") + 1 :] if "}" in shown else shown.removeprefix(node.name or "")
    return selector(promql_tree.metric_name(node), own) + suffix, notes


def latency_sli(good: Any, total: Any) -> tuple[dict[str, Value], tuple[dict[str, Value], ...]] | None:
    """Return the `sli` of an objective on a histogram's bucket, and the metrics to declare; None for others.

    Both are trees. A name without a unit is none: the bound may be of any.
    """
    if not all(isinstance(one, promql_parser.VectorSelector) and _is_now(one) for one in (good, total)):
        return None
    family = promql_tree.metric_name(good).removesuffix("_bucket")
    names = (promql_tree.metric_name(good), promql_tree.metric_name(total))
    if names != (f"{family}_bucket", f"{family}_count"):
        return None
    bounds = [_number(value) for name, op, value in _matchers(good) if (name, op) == ("le", "=")]
    rest = [one for one in _matchers(good) if one[0] != "le"]
    if len(bounds) != 1 or bounds[0] is None or sorted(rest) != sorted(_matchers(total)):
        return None
    return _latency(family, bounds[0], rest)


def native_latency_sli(
    total: Any, threshold: str
) -> tuple[dict[str, Value], tuple[dict[str, Value], ...]] | None:
    """Return the `sli` of an objective on a native histogram, and the metrics to declare; None if `where` cannot say it."""
    if not isinstance(total, promql_parser.VectorSelector) or not _is_now(total):
        return None
    where, name = _where(_matchers(total)), promql_tree.metric_name(total)
    if where is None or contract.family(name) is not None:
        return None
    sli: dict[str, Value] = {"latency": name, "threshold": threshold, **({"where": where} if where else {})}
    return sli, ({"name": name, "type": "histogram", "native": True, "external": True},)


def _latency(
    family: str, bound: Decimal, rest: list[Matcher]
) -> tuple[dict[str, Value], tuple[dict[str, Value], ...]] | None:
    unit = unit_in_name(family) or ("s" if family.endswith("_seconds") else None)
    where = _where(rest)
    # A spec declares no metric under a name of a signal pack, such as http_request_duration_seconds.
    if unit is None or where is None or contract.family(family) is not None:
        return None
    milliseconds = bound * 1_000 / _PER_SECOND[unit]
    if milliseconds != int(milliseconds) or milliseconds <= 0:
        return None
    threshold = str(Duration(int(milliseconds)))
    declared: dict[str, Value] = {"name": family, "type": "histogram", "external": True, "buckets": [bound]}
    sli: dict[str, Value] = {"latency": family, "threshold": threshold, **({"where": where} if where else {})}
    return sli, ({**declared, "unit": unit} if unit != "s" else declared,)


def _where(matchers: list[Matcher]) -> dict[str, Value] | None:
    """Return the matchers as a `where`, which compares whole values; None where it cannot say them."""
    found: dict[str, Value] = {}
    for label, operator, value in matchers:
        values = _values(operator, value)
        if values is None or label in found or len(values) > _MOST_VALUES:
            return None
        one: Value = values[0] if len(values) == 1 else values
        found[label] = {"not": one} if operator.startswith("!") else one
    return found if len(found) <= _MOST_LABELS else None


def _values(operator: str, value: str) -> list[str] | None:
    if operator in ("=", "!="):
        return [value] if value else None
    listed = _LISTED.fullmatch(value)
    if listed is None or value.startswith("(") != value.endswith(")"):
        return None
    values = [re.sub(r"\\(.)", r"\1", one) for one in re.split(r"(?<!\\)\|", listed[1])]
    return values if len(set(values)) == len(values) else None


def _matchers(node: Any) -> list[Matcher]:
    return [one for one in promql_tree.matchers(node) if one[0] != "__name__"]


def _is_now(node: Any) -> bool:
    return node.offset is None and node.at is None


def _number(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
