"""Checks of an indicator's `where`: labels that its metric has, and values that its series can have."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from watchkeeper import contract
from watchkeeper.did_you_mean import did_you_mean
from watchkeeper.exposed.series_labels import series_labels
from watchkeeper.model.service import Service
from watchkeeper.model.slo import LabelFilter, Slo
from watchkeeper.spec.formats import Malformed, route
from watchkeeper.spec.problem import Problem
from watchkeeper.spec.promql.vocabulary import KnownFamily, Vocabulary

_NO_ROUTE = (contract.UNMATCHED, contract.OVERFLOW)


def filter_problems(slo: Slo, service: Service, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Yield the problems of an indicator's filters, each at its label or value."""
    sli = slo.sli
    family = vocabulary.counted_by(sli)
    for one in sli.filters:
        if sli.family == "http" and one.label == service.http.status:
            message = f"`where` cannot filter by {one.label}, which decides what is bad"
            yield Problem(one.where, "WK111", message, "write `events` with the status codes that count")
        elif family is not None and not sli.external:
            yield from against(one, family, service)


def against(one: LabelFilter, family: KnownFamily, service: Service) -> Iterator[Problem]:
    """Yield the problems of a label and its values with the series of a metric family."""
    if one.label not in family.labels and (family.labels or not family.external):
        has = ", ".join(family.labels) or "none"
        remedy = did_you_mean(one.label, family.labels, f"it has: {has}")
        yield Problem(one.where, "WK208", f"{family.name} has no label {one.label}", remedy)
        return
    closed = series_labels(family.name, service, external=False).closed.get(one.label)
    if closed is not None:
        yield from _closed(one, closed, family)
    elif one.label == service.http.route and family.pack == "http":
        yield from _routes(one, service)


def _closed(one: LabelFilter, closed: tuple[str, ...], family: KnownFamily) -> Iterator[Problem]:
    for value, where in zip(one.values, one.positions, strict=True):
        if value not in closed:
            close = get_close_matches(value, closed, n=1) or get_close_matches(value.upper(), closed, n=1)
            remedy = f"did you mean {close[0]}?" if close else "it can be: " + ", ".join(closed)
            yield Problem(where, "WK226", f"{one.label} of {family.name} is never {value}", remedy)
    if one.is_excluded and set(closed) <= {*one.values, contract.OTHER, contract.OTHER_VALUE}:
        message = f"`where` leaves out every {one.label} of {family.name}"
        yield Problem(one.where, "WK226", message, "keep one of them")


def _routes(one: LabelFilter, service: Service) -> Iterator[Problem]:
    label, counter = one.label, "the middleware does" if service.http.is_ours else "the rules do"
    for value, where in zip(one.values, one.positions, strict=True):
        if value in _NO_ROUTE and service.http.is_ours:
            continue
        try:
            route(value)
        except Malformed as wrong:
            remedy = f"did you mean /{value}?" if value.isprintable() and value[0] != "/" else wrong.remedy
            yield Problem(where, "WK226", f"no series has this {label}: {wrong.message}", remedy)
            continue
        if value in contract.UNCOUNTED_PATHS | {service.metrics_path}:
            message = f"{label} is never {value}, because {counter} not count this path"
            yield Problem(where, "WK226", message, "remove it")
        elif value in service.exclude:
            message = f"{label} is never {value}, because `exclude` names it"
            yield Problem(where, "WK226", message, "remove it here or there")
