"""The bad events of an objective or alert, and all of them, by any of their labels."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from watchkeeper.emit.promql import selector
from watchkeeper.exposed.histogram_bounds import histogram_of
from watchkeeper.model.alert import Alert
from watchkeeper.model.http_dialect import HttpNames
from watchkeeper.model.service import Metric, Service
from watchkeeper.plan.bucket_matcher import bucket_matcher
from watchkeeper.plan.filter_matchers import filter_matchers
from watchkeeper.plan.human_format import clock
from watchkeeper.plan.plan import PlannedSlo

Matchers = tuple[tuple[str, str, str], ...]
_WINDOW = "{window}"


@dataclass(frozen=True, slots=True)
class Counted:
    """Bad events: the series `failed` of `every`, or those of `every` that are not among `failed` where `is_rest`.

    `labels` are those worth a look. `status` and `quantile` are further queries. In all texts `{window}` is the range.
    """

    what: str
    labels: tuple[str, ...]
    failed: str
    every: str
    is_rest: bool
    status: str | None = None
    quantile: str | None = None

    def share_by(self, label: str, window: str) -> str:
        """Return PromQL for the bad share of the events, by the values of a label."""
        failed, every = (f"sum by ({label}) (rate({one}[{window}]))" for one in (self.failed, self.every))
        share = f"{failed} / ({every} > 0)"
        return f"1 - {share}" if self.is_rest else share


def counted_by_slo(slo: PlannedSlo, service: Service) -> Counted | None:
    """Return the events of an objective; None where the team's own queries decide, or a native histogram."""
    sli = slo.spec.sli
    if sli.kind == "availability":
        scope: Matchers = (*(() if sli.external else _own(service)), *filter_matchers(sli))
        return _errors(scope, service.http_of(sli))
    if sli.kind != "latency" or sli.threshold is None:
        return None
    histogram = histogram_of(slo.spec, service)
    metric = _declared(histogram, service)
    if metric is not None and metric.native:
        return None
    external = sli.external or (metric is not None and metric.external)
    scope = (*(() if external else _own(service)), *filter_matchers(sli))
    bound = _bound(histogram, sli.threshold.seconds, service, external=external)
    return _slow(
        histogram, metric, scope, bound, clock_of(float(sli.threshold.seconds)), service, service.http_of(sli)
    )


def histogram_name(slo: PlannedSlo, service: Service) -> str:
    """Return the histogram of a latency objective, empty for others."""
    return histogram_of(slo.spec, service) if slo.spec.sli.kind == "latency" else ""


def counted_by_alert(alert: Alert, service: Service) -> Counted:
    """Return the events of an alert on a ratio of errors or on a quantile."""
    if alert.preset == "error_ratio":
        return _errors(_own(service), service.http)
    histogram = alert.metric or service.http.duration
    metric, seconds = _declared(histogram, service), alert.threshold or Decimal(0)
    external = alert.external or (metric is not None and metric.external)
    bound = _bound(histogram, seconds, service, external=external)
    own = () if external else _own(service)
    return _slow(histogram, metric, own, bound, clock_of(float(seconds)), service, service.http)


def _bound(histogram: str, seconds: Decimal, service: Service, *, external: bool) -> tuple[str, str, str]:
    is_foreign = external or (histogram == service.http.duration and not service.http.is_ours)
    return bucket_matcher(service.in_unit_of(histogram, seconds), external=is_foreign)


def _errors(scope: Matchers, http: HttpNames) -> Counted:
    failed = selector(http.requests, (*scope, *http.failed))
    every = selector(http.requests, (*scope, *http.every))
    return Counted(
        "Share of failed requests",
        (http.route,),
        failed,
        every,
        is_rest=False,
        status=_rate_by(http.status, failed),
    )


def _slow(
    histogram: str,
    metric: Metric | None,
    scope: Matchers,
    bound: tuple[str, str, str],
    limit: str,
    service: Service,
    http: HttpNames,
) -> Counted:
    is_http = histogram == http.duration
    all_of = (*scope, *http.answered) if is_http else scope
    every = (*scope, *http.every) if is_http else scope
    per_second = metric.per_second if metric is not None else 1
    buckets = selector(f"{histogram}_bucket", all_of)
    quantile = f"histogram_quantile(0.95, sum by (le) (rate({_ranged(buckets)})))"
    return Counted(
        f"Share over {limit}",
        (http.route,) if is_http else labels_of(histogram, metric, service)[:3],
        selector(f"{histogram}_bucket", (*all_of, bound)),
        selector(f"{histogram}_count", all_of),
        is_rest=True,
        status=_rate_by(http.status, selector(f"{histogram}_count", every)) if is_http else None,
        quantile=quantile if per_second == 1 else f"{quantile} / {per_second}",
    )


def labels_of(name: str, metric: Metric | None, service: Service) -> tuple[str, ...]:
    """Return the labels of a metric that the spec declares, else those of the contract; none for others."""
    if metric is not None:
        return metric.labels
    family = service.family(name)
    return family.labels if family is not None else ()


def _declared(name: str, service: Service) -> Metric | None:
    return next((one for one in service.metrics if one.name == name), None)


def _own(service: Service) -> Matchers:
    return service.own


def _ranged(series: str) -> str:
    return f"{series.replace('{', '{{').replace('}', '}}')}[{_WINDOW}]"


def _rate_by(label: str, series: str) -> str:
    return f"sum by ({label}) (rate({_ranged(series)}))"


def clock_of(seconds: float) -> str:
    """Return a threshold as people write it."""
    return f"{round(seconds * 1000)}ms" if seconds < 1 else clock(seconds)
