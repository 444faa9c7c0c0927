"""The PromQL of dashboards: series of the contract, restricted to what a page is about.

Every rate has the window `$__rate_interval`; idle services return no value instead of NaN.
"""

from __future__ import annotations

from collections.abc import Sequence

from watchkeeper.backends.grafana.scope import Matcher, Scope
from watchkeeper.contract import series_names
from watchkeeper.emit.promql import selector
from watchkeeper.model.http_dialect import HttpNames

Matchers = Sequence[Matcher]

FIRING: Matchers = (("alertstate", "=", "firing"),)
RATE_INTERVAL = "$__rate_interval"
TIME_RANGE = "$__range"


def contract_series(name: str, http: HttpNames) -> str:
    """Return the name of an exposed series; raise ValueError when the service's contract has no such series."""
    for suffix in ("", "_bucket", "_sum", "_count"):
        known = http.families.get(name.removesuffix(suffix)) if name.endswith(suffix) else None
        if known is not None and name in series_names(known):
            return name
    raise ValueError(f"{name} is not a series of the contract")


def series(scope: Scope, name: str, matchers: Matchers = ()) -> str:
    """Return a selector on a contract series of the page's services."""
    return selector(contract_series(name, scope.http), (*scope.matchers, *matchers))


def alerts_of(scope: Scope, matchers: Matchers = ()) -> str:
    """Return a selector on the alerts of the page's services."""
    return selector("ALERTS", (scope.services, *matchers))


def total(scope: Scope, gauge: str, *, by: str = "") -> str:
    """Return a gauge, summed over everything but the labels in `by`."""
    return _sum(series(scope, gauge), by=by)


def rate(scope: Scope, name: str, matchers: Matchers = (), *, by: str = "") -> str:
    """Return a counter's events per second, summed over everything but the labels in `by`."""
    return _sum(f"rate({series(scope, name, matchers)}[{RATE_INTERVAL}])", by=by)


def ratio(scope: Scope, name: str, matchers: Matchers, *, of: Matchers = (), by: str = "") -> str:
    """Return the share of a counter's events, or of those of `of`, that match; 0 when none does, no value when there are
    none.
    """
    return _share(rate(scope, name, matchers, by=by), rate(scope, name, of, by=by))


def ratio_in_range(scope: Scope, name: str, matchers: Matchers, *, of: Matchers = ()) -> str:
    """Return the share of the counter's events that match, over the whole time range of the panel."""
    part = f"sum(increase({series(scope, name, matchers)}[{TIME_RANGE}]))"
    return _share(part, f"sum(increase({series(scope, name, of)}[{TIME_RANGE}]))")


def quantile(scope: Scope, histogram: str, q: str, matchers: Matchers = (), *, by: str = "") -> str:
    """Return a histogram's quantile; comparing with 0 drops the NaN of an idle service."""
    buckets = rate(scope, f"{histogram}_bucket", matchers, by=f"le, {by}" if by else "le")
    return f"histogram_quantile({q}, {buckets}) >= 0"


def quantile_in_range(scope: Scope, histogram: str, q: str, matchers: Matchers = ()) -> str:
    """Return a histogram's quantile over the whole time range of the panel."""
    buckets = f"sum by (le) (increase({series(scope, f'{histogram}_bucket', matchers)}[{TIME_RANGE}]))"
    return f"histogram_quantile({q}, {buckets}) >= 0"


def heat(scope: Scope, histogram: str, matchers: Matchers = ()) -> str:
    """Return how many events fell into each bucket of a histogram since the last point of the graph."""
    return f"sum by (le) (increase({series(scope, f'{histogram}_bucket', matchers)}[{RATE_INTERVAL}]))"


def largest(expr: str, count: int = 10) -> str:
    """Return the largest values of an expression at each point of the graph."""
    return f"topk({count}, {expr})"


def _share(part: str, whole: str) -> str:
    return f"({part} or 0 * {whole}) / ({whole} > 0)"


def _sum(expr: str, *, by: str) -> str:
    return f"sum by ({by}) ({expr})" if by else f"sum({expr})"
