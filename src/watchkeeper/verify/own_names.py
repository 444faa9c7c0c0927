"""The names that belong to one SLO or one service, each with a placeholder: what proofs by shape look through."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from watchkeeper import naming
from watchkeeper.plan.plan import PlannedService, PlannedSlo
from watchkeeper.plan.proofs.series.decoys import DECOY_SERVICE

# The values of these labels are compared as they are: numbers in disguise, and what a scrape adds.
_KEPT_LABELS = frozenset({"le", "quantile", "instance", "job", "service"})
_METRIC = re.compile(r"[A-Za-z_:][\w:]*")
_LABEL = re.compile(r'([A-Za-z_]\w*)="([^"\\]+)"')
# A name with other characters may be written in several ways: it stays as it is.
_SIMPLE = re.compile(r"[A-Za-z/][\w./{}@+-]*(?: [\w./@+-]+)*")


@dataclass(frozen=True, slots=True)
class OwnNames:
    """Placeholders by name: of metrics, and of label values, alerts and rule groups. No name is there twice."""

    metrics: Mapping[str, str]
    values: Mapping[str, str]


def names_of_slo(slo: PlannedSlo) -> OwnNames | None:
    """Return an SLO's names; None where two of them are equal, so that a text does not say which one it means."""
    named = [
        *slo.labels,
        ("live group", naming.live_group(slo.slo_id)),
        ("rollup group", naming.rollup_group(slo.slo_id)),
    ]
    named += [(f"alert {alert.slo_kind}", alert.name) for alert in slo.alerts]
    # A decoy has the SLO's name in its own id.
    named.append(("decoy", naming.slo_id(DECOY_SERVICE, slo.name)))
    series = [one.text for one in slo.proof.series]
    metrics = dict.fromkeys(match[0] for text in series if (match := _METRIC.match(text)))
    own = [name for name in metrics if name not in ("up", "ALERTS") and ":" not in name]
    labels = [pair for text in series for pair in _LABEL.findall(text)]
    # A filter's decoys have values that resemble the filter's own.
    filtered = {one.label for one in slo.spec.sli.filters}
    labels += [pair for one in slo.proof.decoys for pair in _LABEL.findall(one.text) if pair[0] in filtered]
    found = dict.fromkeys(value for label, value in labels if label not in _KEPT_LABELS)
    named += [(f"value {number}", value) for number, value in enumerate(found)]
    return _names(own, named)


def names_of_alerts(service: PlannedService) -> OwnNames | None:
    """Return the names in the file of a service's threshold alerts; the alerts themselves keep theirs."""
    group = naming.alerts_group(service.name)
    return _names((), [("service", service.name), ("team", service.team), ("group", group)])


def _names(metrics: Iterable[str], named: list[tuple[str, str]]) -> OwnNames | None:
    simple = [(kind, value) for kind, value in named if _SIMPLE.fullmatch(value)]
    if len({value for _, value in simple}) < len(simple):
        return None
    return OwnNames(
        {name: f"\x02metric {number}\x03" for number, name in enumerate(metrics)},
        {value: f"\x02{kind}\x03" for kind, value in simple},
    )
