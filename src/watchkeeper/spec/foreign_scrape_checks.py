"""Checks of services that others scrape: labels must distinguish them, and be on every series of theirs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from watchkeeper.model.service import Service
from watchkeeper.model.spec import Spec
from watchkeeper.spec.problem import Problem


def check_foreign_scrapes(spec: Spec) -> Iterator[Problem]:
    """Yield each label that only some series of a service have, pairs of services that count the same, a demo of others."""
    for service in spec.services:
        yield from _labels_of_metrics(service)
        if not service.is_scraped and service.name == spec.stack.demo:
            message = f"the demo plays {service.name}, which others scrape"
            remedy = "name a service that has a scrape job, or leave out `demo`"
            yield Problem(spec.stack.demo_where or service.where, "WK111", message, remedy)
    yield from _overlaps(spec)


def _labels_of_metrics(service: Service) -> Iterator[Problem]:
    families = (family for family in service.http.families.values() if family.pack in service.signals)
    known = {label: family.name for family in families for label in family.labels}
    known |= {label: metric.name for metric in service.metrics for label in metric.labels}
    for label, where in service.match_positions:
        if label in known:
            message = f"{label} is a label of {known[label]}, which other series such as up lack"
            remedy = "write labels that the scrape adds, such as job and namespace"
            yield Problem(where, "WK217", message, remedy)


def _overlaps(spec: Spec) -> Iterator[Problem]:
    """Yield a problem for each service whose labels another one's series may have too: both would count them."""
    matched = [service for service in spec.services if service.match]
    if not matched:
        return
    for first, second in combinations(spec.services, 2):
        if (first.match or second.match) and _may_share(first, second):
            late, early = (second, first) if second.match else (first, second)
            message = f"series that `match` selects may belong to {early.name} too, and both would count them"
            remedy = "name the same labels in both, with one value that differs"
            yield Problem(late.match_positions[0][1], "WK250", message, remedy)


def _may_share(first: Service, second: Service) -> bool:
    mine, theirs = _labels(first), _labels(second)
    if all(service.match for service in (first, second)):
        return all(theirs.get(label, value) == value for label, value in mine.items())
    # All labels of a service that we scrape are known, so what it lacks is on none of its series.
    asked, has = (mine, second) if first.match else (theirs, first)
    return has.is_scraped and asked.items() <= _labels(has).items()


def _labels(service: Service) -> dict[str, str]:
    own = dict(service.own_labels)
    return {**own, "job": service.name, **dict(service.target_labels)} if service.is_scraped else own
