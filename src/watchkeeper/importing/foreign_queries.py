"""The `sli` of an objective from the queries of another tool."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import promql_parser

from watchkeeper import promql_tree
from watchkeeper.emit.yaml import Value
from watchkeeper.importing.bucket_bounds import latency_sli
from watchkeeper.importing.changes import Refused
from watchkeeper.importing.counters_of import (
    PLACEHOLDER,
    Counters,
    NotCounters,
    at_one_moment,
    bare,
    common_group,
    counters_of,
    grouped,
    has_placeholder,
)
from watchkeeper.spec.document.nodes import Node

# Sloth fills its window in with Go's templates.
_TEMPLATE = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_WINDOW = ".window"
_MOMENTS = "counts moments instead of samples: each moment weighs the same, however many series it has"


@dataclass(frozen=True, slots=True)
class ForeignSli:
    """An indicator in our words: its `sli`, the metrics that it needs declared, and what is different.

    `by` is the label by which its queries are grouped, empty for one number.
    """

    sli: dict[str, Value]
    metrics: tuple[dict[str, Value], ...] = ()
    notes: tuple[str, ...] = ()
    by: str = ""


@dataclass(frozen=True, slots=True)
class ForeignQuery:
    """One query: its text, the node that contains it, and the name of its field for messages."""

    node: Node
    field: str

    def refuse(self, reason: str) -> Refused:
        """Return why this query prevents the import."""
        return Refused(self.node, self.field, reason)

    def tree(self) -> Any:
        """Return the query as a tree, with the placeholder where a window is filled in; raise Refused."""
        text = str(self.node.scalar or "").strip()
        if not text:
            raise self.refuse("is empty; write the query")
        for template in _TEMPLATE.findall(text):
            if template != _WINDOW:
                raise self.refuse(
                    f"contains the template {{{{{template}}}}}, and only {{{{.window}}}} is known"
                )
        try:
            return promql_tree.parse(_TEMPLATE.sub(PLACEHOLDER, text))
        except ValueError as error:
            raise self.refuse(f"is not PromQL: {' '.join(str(error).split())}") from None


def events_sli(
    total: ForeignQuery,
    *,
    bad: ForeignQuery | None = None,
    good: ForeignQuery | None = None,
    counters: bool = True,
) -> ForeignSli:
    """Return the indicator of bad or good events among all; raise Refused. Exactly one of both is given.

    `counters` says whether a selector without a rate is a counter, whose increase is meant.
    """
    part = bad or good
    assert part is not None
    trees = part.tree(), total.tree()
    try:
        counted, of = _counters(part, trees[0]), _counters(total, trees[1])
    except Refused as why:
        ratio = _moments(*trees, is_bad=bad is not None)
        if ratio is None:
            raise why from None
        return ratio
    if counted.windows != of.windows:
        raise part.refuse(
            f"and `{total.field}` read different windows, and an objective counts both over one"
        )
    if None in counted.windows and not counters:
        raise part.refuse(
            "reads a value without rate() or increase(), and an objective counts events of a window"
        )
    try:
        return _counted(counted, of, is_bad=bad is not None)
    except NotCounters as why:
        raise part.refuse(str(why)) from None


def raw_sli(query: ForeignQuery, *, is_bad: bool) -> ForeignSli:
    """Return the indicator of a query for a ratio, of bad or good events; raise Refused."""
    tree = query.tree()
    inner, is_bad_inside = _without_complement(tree, is_bad=is_bad)
    if _is_division(inner):
        try:
            counted, of = counters_of(inner.lhs), counters_of(inner.rhs)
            if counted.windows == of.windows and None not in of.windows:
                return _counted(counted, of, is_bad=is_bad_inside)
        except NotCounters as why:
            reason = str(why)
        else:
            reason = "reads different windows in its two parts, and an objective counts both over one"
    else:
        reason = "is no ratio of counters, and no mean of samples"
    moment = at_one_moment(tree)
    if moment is None:
        raise query.refuse(reason)
    notes = (_MOMENTS,) if has_placeholder(tree) else ()
    text = str(moment.prettify()) if is_bad else f"1 - {_one_value(moment)}"
    return ForeignSli({"ratio": text, "external": True}, notes=notes)


def threshold_sli(query: ForeignQuery, operator: str, value: str) -> ForeignSli:
    """Return the indicator of the time in which a query's value is within a bound; raise Refused."""
    tree = query.tree()
    if has_placeholder(tree):
        raise query.refuse("reads a window that is filled in, and a threshold is compared at each moment")
    # A comparison with NaN is 0, so an idle service would be unhealthy: NaN is left out first.
    text = f"(({tree.prettify()}) >= -Inf) {operator} bool {value}"
    return ForeignSli({"boolean": text, "external": True})


def _counters(query: ForeignQuery, tree: Any) -> Counters:
    try:
        return counters_of(tree)
    except NotCounters as why:
        raise query.refuse(str(why)) from None


def _counted(counted: Counters, of: Counters, *, is_bad: bool) -> ForeignSli:
    """Return the indicator of counters; bad events that are a difference from the total become good ones.

    Raise NotCounters where their groups are not those of one budget for each value of a label.
    """
    by = common_group(counted, of)
    if is_bad and counted.parts is not None and counted.parts[0].text == of.text:
        counted, is_bad = counted.parts[1], False
    notes = sorted(counted.notes | of.notes)
    if fixed := sorted({*counted.fixed_windows, *of.fixed_windows}):
        notes.append(f"reads the last {' and '.join(fixed)}, and the rules put their own windows there")
    latency = None if is_bad else latency_sli(counted.node, of.node)
    if latency is not None:
        # The indicator finds either spelling of a bound by itself.
        kept = tuple(one for one in notes if "both spellings" not in one)
        return ForeignSli(latency[0], latency[1], kept, by)
    events: Value = {"bad" if is_bad else "good": counted.text, "total": of.text}
    return ForeignSli({"events": events, "external": True}, notes=tuple(notes), by=by)


def _moments(part: Any, total: Any, *, is_bad: bool) -> ForeignSli | None:
    """Return the indicator of two sums of samples over time as a ratio of each moment; None where it is not one."""
    if not (has_placeholder(part) and has_placeholder(total)):
        return None
    upper, lower = at_one_moment(part), at_one_moment(total)
    if upper is None or lower is None:
        return None
    share = f"{grouped(upper)} / {grouped(lower)}"
    return ForeignSli({"ratio": share if is_bad else f"1 - {share}", "external": True}, notes=(_MOMENTS,))


def _one_value(moment: Any) -> str:
    text = grouped(moment)
    return f"avg({text})" if isinstance(bare(moment), promql_parser.VectorSelector) else text


def _without_complement(tree: Any, *, is_bad: bool) -> tuple[Any, bool]:
    """Return what `1 - x` complements, and whether that counts bad events; other trees unchanged."""
    tree = bare(tree)
    is_complement = (
        isinstance(tree, promql_parser.BinaryExpr)
        and str(tree.op) == "-"
        and isinstance(bare(tree.lhs), promql_parser.NumberLiteral)
        and bare(tree.lhs).val == 1
    )
    return (bare(tree.rhs), not is_bad) if is_complement else (tree, is_bad)


def _is_division(tree: Any) -> bool:
    return isinstance(tree, promql_parser.BinaryExpr) and str(tree.op) == "/"
