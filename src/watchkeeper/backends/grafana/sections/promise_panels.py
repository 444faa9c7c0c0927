"""The promises to customers, each beside what was kept in the last 30 days."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from watchkeeper.backends.grafana.panels import Override, Panel, Query, Step, steps_json
from watchkeeper.backends.grafana.queries import quantile_in_range
from watchkeeper.backends.grafana.scope import Objective, Scope
from watchkeeper.backends.grafana.sections.http_panels import failed_in_range
from watchkeeper.backends.grafana.slo_queries import Recorded
from watchkeeper.emit.promql import number
from watchkeeper.model.duration import Duration

_MONTH = Duration.parse("28d")
_P95 = "0.95"


def promises(scope: Scope) -> tuple[Panel, ...]:
    """Return a panel for each promise that is measured: what was kept, and what was promised."""
    return tuple(_promises(scope)) if scope.promises is not None else ()


def _promises(scope: Scope) -> Iterator[Panel]:
    promised, has_http = scope.promises, "http" in scope.packs
    assert promised is not None
    if promised.availability is not None and has_http:
        steps = (Step(None, "red"), Step(promised.availability, "green"))
        yield _promise(
            321, "Availability", _availability(scope), promised.availability, steps, "percentunit", decimals=3
        )
    if promised.latency is not None and promised.quantile is not None and has_http:
        kept = quantile_in_range(scope, scope.http.duration, number(promised.quantile), scope.http.answered)
        title = f"Latency p{number(promised.quantile * 100)}"
        yield _promise(322, title, kept, promised.latency, _slower(promised.latency), "s")
    if promised.page_load is not None and "web" in scope.packs:
        kept = quantile_in_range(scope, "page_load_seconds", _P95)
        yield _promise(323, "Page load p95", kept, promised.page_load, _slower(promised.page_load), "s")


def _availability(scope: Scope) -> str:
    """Return the availability, with outages where an objective over about a month counts them."""
    whole = next((one for one in scope.objectives if _measures_month(one)), None)
    if whole is None:
        return f"1 - {failed_in_range(scope)}"
    return Recorded((scope.services, ("slo", "=", whole.name)), by="service").attained()


def _measures_month(one: Objective) -> bool:
    return one.kind == "availability" and not one.is_partial and one.counts_outages and one.window >= _MONTH


def _slower(limit: Decimal) -> tuple[Step, ...]:
    return (Step(None, "green"), Step(limit, "red"))


def _promise(
    identifier: int,
    title: str,
    kept: str,
    promised: Decimal,
    steps: tuple[Step, ...],
    unit: str,
    *,
    decimals: int | None = None,
) -> Panel:
    return Panel(
        id=identifier,
        kind="stat",
        title=title,
        description="What was kept in the last 30 days, and what is promised to customers.",
        unit=unit,
        queries=(Query(kept, "kept"), Query(f"vector({number(promised)})", "promised")),
        width=8,
        height=4,
        steps=steps,
        overrides=(Override("promised", (("thresholds", steps_json((Step(None, "dark-blue"),))),)),),
        decimals=decimals,
        if_empty="no data",
        time_from="30d",
    )
