"""Panels that several packs share: events per second, the share that failed, how long they took."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.backends.grafana import threshold_steps
from watchkeeper.backends.grafana.panels import Panel, Query
from watchkeeper.backends.grafana.queries import Matchers, heat, quantile, rate, ratio
from watchkeeper.backends.grafana.scope import Scope

QUANTILES = (("0.5", "p50"), ("0.95", "p95"), ("0.99", "p99"))


@dataclass(frozen=True, slots=True)
class Place:
    """The identifier of a panel, which never changes, and its width in 24ths of the page."""

    id: int
    width: int = 8


def legend(by: str) -> str:
    """Return the legend of series with the labels in `by`."""
    return " ".join(f"{{{{{label}}}}}" for label in by.split(", "))


def events(place: Place, scope: Scope, counter: str, title: str, what: str, *, by: str) -> Panel:
    """Return events per second, stacked by the labels in `by`."""
    return Panel(
        id=place.id,
        kind="timeseries",
        title=title,
        description=f"{what} per second, by {by.replace(', ', ' and ')}.",
        unit="ops",
        queries=(Query(rate(scope, counter, by=by), legend(by)),),
        width=place.width,
        stacked=True,
    )


def failures(
    place: Place, scope: Scope, counter: str, failed: Matchers, title: str, what: str, *, by: str
) -> Panel:
    """Return the share of events that failed."""
    return Panel(
        id=place.id,
        kind="timeseries",
        title=title,
        description=f"Share of {what} that failed, by {by.replace(', ', ' and ')}.",
        unit="percentunit",
        queries=(Query(ratio(scope, counter, failed, by=by), legend(by)),),
        width=place.width,
    )


def p95(place: Place, scope: Scope, histogram: str, title: str, what: str, *, by: str) -> Panel:
    """Return the p95 of a duration; a point is one event and links to its trace."""
    return Panel(
        id=place.id,
        kind="timeseries",
        title=title,
        description=f"95% of {what} took at most this long. Dashed lines: where alerts fire.",
        unit="s",
        queries=(Query(quantile(scope, histogram, "0.95", by=by), legend(by), exemplars=True),),
        width=place.width,
        steps=threshold_steps.latency(scope, histogram),
    )


def quantiles(
    place: Place, scope: Scope, histogram: str, title: str, what: str, matchers: Matchers = ()
) -> Panel:
    """Return p50, p95 and p99 of a duration; a point is one event and links to its trace."""
    return Panel(
        id=place.id,
        kind="timeseries",
        title=title,
        description=f"Quantiles of {what}. Dashed lines: objectives and alerts on the p95."
        " A point is one event and links to its trace.",
        unit="s",
        queries=tuple(
            Query(quantile(scope, histogram, q, matchers), name, exemplars=name == "p95")
            for q, name in QUANTILES
        ),
        width=place.width,
        steps=threshold_steps.latency(scope, histogram),
    )


def heat_map(
    place: Place, scope: Scope, histogram: str, title: str, what: str, matchers: Matchers = ()
) -> Panel:
    """Return how many events took how long; a point is one event and links to its trace."""
    return Panel(
        id=place.id,
        kind="heatmap",
        title=title,
        description=f"How many {what} took how long: the darker, the more. A point links to its trace.",
        unit="s",
        queries=(Query(heat(scope, histogram, matchers), "{{le}}", exemplars=True),),
        width=place.width,
        most_points=200,
    )
