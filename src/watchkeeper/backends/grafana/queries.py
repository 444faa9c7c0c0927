"""The PromQL of dashboards: series of the contract, restricted to the selected services.

Every rate has the window `$__rate_interval`; idle services return no value instead of NaN.
"""

from __future__ import annotations

from collections.abc import Sequence

from watchkeeper.contract import family, series_names
from watchkeeper.emit.promql import selector

Matchers = Sequence[tuple[str, str, str]]

SERVICE = "service"
SELECTED: tuple[str, str, str] = (SERVICE, "=~", "$service")
FIRING: Matchers = (("alertstate", "=", "firing"),)
RATE_INTERVAL = "$__rate_interval"
TIME_RANGE = "$__range"


def contract_series(name: str) -> str:
    """Return the name of an exposed series; raise ValueError when the contract has no such series."""
    for suffix in ("", "_bucket", "_sum", "_count"):
        known = family(name.removesuffix(suffix)) if name.endswith(suffix) else None
        if known is not None and name in series_names(known):
            return name
    raise ValueError(f"{name} is not a series of the contract")


def series(name: str, matchers: Matchers = ()) -> str:
    """Return a selector on a contract series of the selected services."""
    return selector(contract_series(name), (SELECTED, *matchers))


def recorded(name: str, matchers: Matchers = ()) -> str:
    """Return a selector on a series that Prometheus itself records for the selected services: `up`, `ALERTS`."""
    return selector(name, (SELECTED, *matchers))


def rate(name: str, matchers: Matchers = (), *, by: str = "") -> str:
    """Return a counter's events per second, summed over everything but the labels in `by`."""
    return _sum(f"rate({series(name, matchers)}[{RATE_INTERVAL}])", by=by)


def ratio(name: str, matchers: Matchers, *, by: str = "") -> str:
    """Return the share of a counter's events that match; 0 when none does, no value when there are none."""
    return _share(rate(name, matchers, by=by), rate(name, by=by))


def ratio_in_range(name: str, matchers: Matchers) -> str:
    """Return the share of the counter's events that match, over the whole time range of the dashboard."""
    part = f"sum(increase({series(name, matchers)}[{TIME_RANGE}]))"
    return _share(part, f"sum(increase({series(name)}[{TIME_RANGE}]))")


def quantile(histogram: str, q: str, matchers: Matchers = (), *, by: str = "") -> str:
    """Return a histogram's quantile; comparing with 0 drops the NaN of an idle service."""
    buckets = rate(f"{histogram}_bucket", matchers, by=f"le, {by}" if by else "le")
    return f"histogram_quantile({q}, {buckets}) >= 0"


def _share(part: str, whole: str) -> str:
    return f"({part} or 0 * {whole}) / ({whole} > 0)"


def _sum(expr: str, *, by: str) -> str:
    return f"sum by ({by}) ({expr})" if by else f"sum({expr})"
