"""Read a path to a checked Spec, or to every problem of every file at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from watchkeeper import naming
from watchkeeper.model.spec import Spec
from watchkeeper.spec import checks, pending
from watchkeeper.spec.document.cursor import Cursor, Reading
from watchkeeper.spec.document.include import load_all
from watchkeeper.spec.document.load import Unreadable
from watchkeeper.spec.document.nodes import Document, Node
from watchkeeper.spec.parse import parse
from watchkeeper.spec.problem import Problem, SpecRejected
from watchkeeper.spec.promql import user_promql
from watchkeeper.spec.promql.located_promql import Query
from watchkeeper.spec.promql.references import PROOF_SERIES, PromqlChecker, name_problems, query_problems
from watchkeeper.spec.promql.text_checks import text_problems
from watchkeeper.spec.promql.vocabulary import Vocabulary
from watchkeeper.spec.shape.surely_valid import is_surely_valid
from watchkeeper.spec.shape.validate import shape_problems
from watchkeeper.spec.unreachable_links import unreachable_links, unserved_runbooks


def read_spec(
    path: Path, *, shown_as: str | None = None, checker: PromqlChecker | None = None
) -> tuple[Spec, tuple[Problem, ...]]:
    """Return the spec and its warnings and notes; raise SpecRejected with all problems when there is an error.

    `checker` returns the syntax errors of PromQL with their lines and columns; without it, problems are at a query's start.
    """
    try:
        loaded = load_all(path, shown_as=shown_as or path.as_posix())
    except Unreadable as unreadable:
        raise SpecRejected([unreadable.problem]) from None
    problems = list(loaded.problems)
    readings = [_reading(document, is_root=index == 0) for index, document in enumerate(loaded.documents)]
    spec = parse(readings)
    for reading in readings:
        problems += reading.problems
        root = Cursor(reading, reading.document.root)
        problems += pending.notes(root)
    problems += _query_problems(readings, spec, checker)
    problems += _text_problems(readings, spec)
    if all(not reading.broken for reading in readings):
        problems += checks.check(spec)
    else:
        problems += _checks_that_hold(spec, readings)
    problems += name_problems(spec)
    problems += unreachable_links(spec, naming.root_of(path))
    problems += unserved_runbooks(spec)
    if any(problem.level == "error" for problem in problems):
        raise SpecRejected(problems)
    return spec, tuple(sorted(set(problems)))


def _reading(document: Document, *, is_root: bool) -> Reading:
    if is_surely_valid(document.root.plain(), is_root=is_root):
        return Reading(document, set())
    problems, broken = shape_problems(document)
    if not is_root:
        # An included file may omit the version.
        problems = [p for p in problems if not (p.code == "WK102" and p.message.startswith("`version`"))]
    broken = {path for path in broken if path}
    return Reading(document, broken, problems)


def _checks_that_hold(spec: Spec, readings: list[Reading]) -> Iterator[Problem]:
    """Yield only problems that a skipped, broken part cannot have caused."""
    broken = {path[0] for reading in readings for path in reading.broken}
    for problem in checks.check(spec):
        about_routes = problem.code in (
            "WK210",
            "WK211",
            "WK212",
            "WK227",
            "WK233",
            "WK303",
            "WK309",
            "WK311",
        )
        # A broken service may have the alerts that take a route, and alerts may name receivers.
        if problem.code in ("WK210", "WK227", "WK233", "WK309") and broken - {"notify", "stack"}:
            continue
        if not (about_routes and "notify" in broken) and not (problem.code == "WK211" and "stack" in broken):
            yield problem


def _query_problems(readings: list[Reading], spec: Spec, checker: PromqlChecker | None) -> Iterator[Problem]:
    found = [each for reading in readings for each in _queries(Cursor(reading, reading.document.root), spec)]
    asked = (query.text for query, role, _, _ in found if role != PROOF_SERIES)
    texts = sorted({text for text in asked if user_promql.is_safe(text)})
    syntax_errors = checker(texts) if checker is not None and texts else {}
    for query, role, vocabulary, external in found:
        yield from query_problems(query, role, vocabulary, external=external, syntax_errors=syntax_errors)


def _queries(root: Cursor, spec: Spec) -> Iterator[tuple[Query, str, Vocabulary, bool]]:
    services = {service.where: service for service in spec.services}
    for place in (root, *root.each("services", even_broken=True)):
        service = services.get(place.value_where("service"))
        if service is None:
            continue
        vocabulary = Vocabulary(service, spec.services)
        for owner, keys in _owners(place):
            for key in keys:
                if owner.has(key) and isinstance(owner.go(key).node.scalar, str):
                    external = owner.flag("external") or _inside_external(place, owner, key)
                    yield _query(owner.go(key).node, root.reading.document), key, vocabulary, external


def _text_problems(readings: list[Reading], spec: Spec) -> Iterator[Problem]:
    services = {service.where: service for service in spec.services}
    for reading in readings:
        root = Cursor(reading, reading.document.root)
        for place in (root, *root.each("services")):
            if service := services.get(place.value_where("service")):
                vocabulary = Vocabulary(service, spec.services)
                for alert in place.each("alerts"):
                    yield from text_problems(alert, vocabulary)


def _owners(place: Cursor) -> Iterator[tuple[Cursor, tuple[str, ...]]]:
    for alert in place.each("alerts", even_broken=True):
        yield alert, ("expr",)
        if alert.has("proof"):
            for part in ("fires", "silent"):
                yield from ((item, (PROOF_SERIES,)) for item in alert.go("proof").each(part))
    for slo in place.each("slos", even_broken=True):
        if slo.node.child("sli") is None:
            continue
        sli = slo.go("sli")
        yield sli, ("boolean", "ratio")
        if sli.has("events"):
            yield sli.go("events"), ("bad", "good", "total")


def _inside_external(place: Cursor, owner: Cursor, key: str) -> bool:
    """Return whether the indicator around `events`, or the alert around a proof, says `external: true`."""
    # A series is an item of a list in `proof`.
    above = {"events": 1, PROOF_SERIES: 3}.get(PROOF_SERIES if key == PROOF_SERIES else str(owner.path[-1]))
    if above is None:
        return False
    root = Cursor(place.reading, place.reading.document.root)
    for step in owner.path[:-above]:
        root = root.go(step)
    return root.flag("external")


def _query(node: Node, document: Document) -> Query:
    return Query(str(node.scalar), node.where, node, document.inside)
