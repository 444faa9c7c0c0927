"""Checks of corrections: the past only, objectives that exist, and no event that is left out twice."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from watchkeeper.contract import OTHER_VALUE
from watchkeeper.did_you_mean import did_you_mean
from watchkeeper.model.correction import Correction
from watchkeeper.model.slo import Slo
from watchkeeper.model.spec import Spec
from watchkeeper.spec.maintenance_checks import as_long_as_a_budget, common_moments, shown, unknown_services
from watchkeeper.spec.problem import Problem


def check_corrections(spec: Spec) -> Iterator[Problem]:
    """Yield every problem of the corrections as a whole."""
    first: dict[str, Correction] = {}
    for one in spec.corrections:
        if first.setdefault(one.name, one) is not one:
            message = f"a second correction has the name {one.name}"
            yield Problem(one.where, "WK203", message, f"the first is at {first[one.name].where}; rename one")
        yield from _times(one, spec)
        yield from _objectives(one, spec)
        yield from _in_maintenance(one, spec)
    yield from _overlaps(spec)


def _times(one: Correction, spec: Spec) -> Iterator[Problem]:
    now = time.time()
    end = one.end_where or one.where
    if one.span[1] > now:
        message = f"the correction {one.name} ends in the future, on {shown(one.span[1])}"
        yield Problem(
            end, "WK263", message, "correct what was recorded; what is planned belongs in `maintenance`"
        )
        return
    if one.span[1] < now - float(spec.stack.retention.seconds):
        message = f"the correction {one.name} ended on {shown(one.span[1])}, before the retention of {spec.stack.retention}"
        remedy = "remove it, unless you read reports from a Prometheus that keeps more"
        yield Problem(one.where, "WK314", message, remedy)
    yield from as_long_as_a_budget(one.span, _slos(one, spec), Problem(end, "WK263", "correction"))


def _slos(one: Correction, spec: Spec) -> list[Slo]:
    return [slo for service in spec.services for slo in service.slos if one.is_for(service.name, slo.name)]


def _objectives(one: Correction, spec: Spec) -> Iterator[Problem]:
    unknown = list(unknown_services(one, spec, "WK265", "correction"))
    yield from unknown
    if not unknown and (slos := _slos(one, spec)):
        yield from _value(one, slos)
        return
    if unknown:
        return
    services = [service for service in spec.services if not one.services or service.name in one.services]
    names = [slo.name for service in services for slo in service.slos]
    whose = ", ".join(one.services) or "the services"
    message = (
        f"the correction {one.name} is for {one.slo or 'all objectives'}, and {whose} have no such objective"
    )
    remedy = did_you_mean(
        one.slo, names, f"name one of {', '.join(names[:12])}" if names else "add an objective"
    )
    yield Problem(one.slo_where or one.where, "WK265", message, remedy)


def _value(one: Correction, slos: Sequence[Slo]) -> Iterator[Problem]:
    """Yield a problem where an objective has no budget for the value of a correction."""
    if not one.value:
        return
    where = one.value_where or one.where
    for slo in slos:
        if slo.by is None:
            message = (
                f"the correction {one.name} is for the value {one.value} of {slo.name}, which has one budget"
            )
            yield Problem(where, "WK265", message, "remove `value`, or name an objective with `by`")
        elif slo.by.values and one.value not in (*slo.by.values, OTHER_VALUE):
            known = (*slo.by.values, OTHER_VALUE)
            message = f"the correction {one.name} is for the value {one.value} of {slo.name}, which is not listed there"
            remedy = did_you_mean(one.value, known, f"name one of {', '.join(known)}")
            yield Problem(where, "WK265", message, remedy)


def _in_maintenance(one: Correction, spec: Spec) -> Iterator[Problem]:
    services = [
        service.name
        for service in spec.services
        if any(one.is_for(service.name, slo.name) for slo in service.slos)
    ]
    for window in spec.maintenance:
        common = next((service for service in services if window.is_for(service)), None)
        at = next((max(span[0], one.span[0]) for span in window.spans(*one.span)), None)
        if common is not None and at is not None:
            both = f"the correction {one.name} and the maintenance window {window.name} at {window.where}"
            message = f"{both} cover {common} on {shown(at)}"
            remedy = "the window left its events out already; correct what is outside of it"
            yield Problem(one.where, "WK264", message, remedy)


def _overlaps(spec: Spec) -> Iterator[Problem]:
    """Yield a problem for two corrections of one objective that share a moment, once for each pair."""
    told: set[tuple[str, str]] = set()
    for service in spec.services:
        for slo in service.slos:
            own = [one for one in spec.corrections if one.is_for(service.name, slo.name)]
            for at, later, one in _of_one_budget(own):
                if (later.name, one.name) not in told:
                    told.add((later.name, one.name))
                    message = (
                        f"{later.name} and {one.name} both correct {service.name}/{slo.name} on {shown(at)}"
                    )
                    remedy = f"end one where the other begins, or join them; the other is at {one.where}"
                    yield Problem(later.where, "WK264", message, remedy)


def _of_one_budget(own: Sequence[Correction]) -> Iterator[tuple[int, Correction, Correction]]:
    """Yield the common moments of an objective's corrections; two values of its label have nothing in common."""
    for value in dict.fromkeys(one.value for one in own if one.value) or ("",):
        yield from common_moments((*one.span, one) for one in own if one.value in ("", value))
