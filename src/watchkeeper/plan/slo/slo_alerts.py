"""The alerts of an SLO: budget burning fast, slowly, or gone; the metric missing; nothing to count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from backend_instrumentation.contract import HTTP_DURATION, HTTP_REQUESTS
from watchkeeper import naming
from watchkeeper.emit.promql import alert_template_escape, number, selector
from watchkeeper.model.alert import Severity
from watchkeeper.model.duration import Duration
from watchkeeper.model.service import Service
from watchkeeper.model.slo import Slo
from watchkeeper.model.spec import Spec
from watchkeeper.plan.planned_alert import PlannedAlert
from watchkeeper.plan.presets import percent
from watchkeeper.plan.slo.indicator import Indicator
from watchkeeper.plan.slo.policy import TierKind
from watchkeeper.plan.slo.recordings import Shape, bad_events
from watchkeeper.plan.slo.tiers import DEFAULT_MIN_EVENTS, Tier, min_events
from watchkeeper.plan.threshold_alerts import described, escaped, receivers_of

KEEP_FIRING = Duration.parse("2m")
MISSING_HOLD = Duration.parse("5m")
_AT_ONCE = Duration(0)


@dataclass(frozen=True, slots=True)
class _Words:
    """What is particular to one alert; everything else follows from its SLO. `live` may hold template actions."""

    kind: str
    severity: Severity
    expr: str
    why: str
    summary: str
    live: str
    next_query: str
    hold: Duration = _AT_ONCE
    keep_firing: Duration | None = None
    window: Duration | None = None


def slo_alerts(
    slo: Slo, service: Service, spec: Spec, shape: Shape, indicator: Indicator
) -> tuple[PlannedAlert, ...]:
    """Return the SLO's alerts, most urgent first."""
    at = _At(slo, service, shape, indicator)
    return tuple(_planned(words, at, spec) for words in _all(at))


def least_events(indicator: Indicator, shape_scrape: Duration) -> Decimal:
    """Return the gate where the spec gives none: two events, or the seconds of two failed looks at a gauge."""
    return 2 * shape_scrape.seconds if indicator.is_time else DEFAULT_MIN_EVENTS


@dataclass(frozen=True, slots=True)
class _At:
    """One SLO with what its alerts read."""

    slo: Slo
    service: Service
    shape: Shape
    indicator: Indicator

    def tiers(self, kind: TierKind) -> tuple[Tier, ...]:
        return tuple(tier for tier in self.shape.tiers if tier.kind == kind)

    @property
    def title(self) -> str:
        return f"{self.service.name}: {self.slo.name}"


def _all(at: _At) -> Iterator[_Words]:
    alerting = at.slo.alerting
    lesser: Severity = alerting.ticket or "warning"
    if alerting.enabled and alerting.page and at.tiers("page"):
        yield _burn(at, naming.FAST_BURN, "page", alerting.page)
    if alerting.enabled and alerting.ticket and at.tiers("ticket"):
        yield _burn(at, naming.SLOW_BURN, "ticket", alerting.ticket)
    if alerting.enabled and alerting.ticket:
        yield _exhausted(at, lesser)
    if at.indicator.is_preinitialized:
        yield _missing(at, lesser)
    if alerting.idle is not None:
        yield _idle(at, alerting.idle)


def _burn(at: _At, kind: str, tier_kind: TierKind, severity: Severity) -> _Words:
    tiers = at.tiers(tier_kind)
    pace = "fast" if tier_kind == "page" else "slowly"
    fastest, whole = tiers[0], at.shape.window
    parts = [_condition(at, tier) for tier in tiers]
    limits = "; ".join(
        f"over {percent(tier.threshold)} bad in {tier.long} and in {tier.short} (burn {_short(tier)})"
        for tier in tiers
    )
    gates = sorted({number(tier.min_events) for tier in tiers}, key=float)
    return _Words(
        kind=kind,
        severity=severity,
        expr="\nor\n".join(parts),
        why=f"The error budget of {whole} burns {pace}: {limits}; and at least {' or '.join(gates)} bad {at.indicator.unit}.",
        summary=f"{at.title} burns its error budget {pace}",
        live=f"{_tier_words(at, tiers)} {_budget_words(at)}",
        next_query=_next_query(at),
        keep_firing=KEEP_FIRING,
        window=fastest.long,
    )


def _short(tier: Tier) -> str:
    return f"{round(tier.factor, 2).normalize():f}"


def _condition(at: _At, tier: Tier) -> str:
    limit = number(tier.threshold)
    return (
        f"(\n    {at.shape.latest(naming.error_ratio(str(tier.short)))} > {limit}"
        f"\n  and\n    {at.shape.latest(naming.error_ratio(str(tier.long)))} > {limit}"
        f"\n  and\n    {bad_events(at.shape, tier.long)} > {number(tier.gate)}\n)"
    )


def _query(inside: str, shown: str, otherwise: str = "") -> str:
    """Return a template that shows a query's first value; the query is ours and holds no backtick."""
    alternative = f"{{{{ else }}}}{otherwise}" if otherwise else ""
    return f"{{{{ with query `{inside}` }}}}{shown}{alternative}{{{{ end }}}}"


def _tier_words(at: _At, tiers: tuple[Tier, ...]) -> str:
    words = ""
    for tier in reversed(tiers):
        shown = f"{{{{ . | first | value | humanizePercentage }}}} bad in {tier.long} (limit {percent(tier.threshold)})."
        long_ = f"{at.shape.latest(naming.error_ratio(str(tier.long)))} > {number(tier.threshold)}"
        words = _query(long_, shown, words or "{{ $value | humanizePercentage }} bad.")
    return words


def _budget_words(at: _At) -> str:
    burn = _query(at.shape.latest(naming.burn_rate("1h")), '{{ . | first | value | printf "%.1f" }}', "?")
    left = _query(at.shape.latest(naming.REMAINING), "{{ . | first | value | humanizePercentage }}", "?")
    gone = _query(
        at.shape.latest(naming.EXHAUSTION),
        ", gone in {{ . | first | value | humanizeDuration }} at this burn",
    )
    return f"Burn rate {burn} over 1h; {left} of the budget of {at.shape.window} is left{gone}."


def _next_query(at: _At) -> str:
    match at.slo.sli.kind:
        case "availability":
            return _breakdown(at, HTTP_REQUESTS, ("status_code", "=~", "5.."), "handler, status_code")
        case "latency" if at.slo.sli.family == "http":
            bucket = selector(f"{HTTP_DURATION}_bucket", (("service", "=", at.service.name),), range="5m")
            return f"histogram_quantile(0.95, sum by (le, handler) (rate({bucket})))"
    return at.shape.own(naming.error_ratio(str(at.shape.windows[0])))


def _breakdown(at: _At, metric: str, matcher: tuple[str, str, str], by: str) -> str:
    failed = selector(metric, (("service", "=", at.service.name), matcher), range="5m")
    return f"topk(5, sum by ({by}) (rate({failed})))"


def _exhausted(at: _At, severity: Severity) -> _Words:
    shape = at.shape
    least = exhaustion_events(at.slo, shape, at.indicator)
    return _Words(
        kind=naming.BUDGET_EXHAUSTED,
        severity=severity,
        expr=f"{shape.latest(naming.REMAINING)} <= 0\nand\n{bad_events(shape, shape.window)} > {number(least - Decimal('0.5'))}",
        why=f"The error budget of {shape.window} is gone: {percent(shape.budget)} of the {at.indicator.unit} were bad.",
        summary=f"{at.title} has no error budget left",
        live=f"{{{{ $value | humanizePercentage }}}} of the budget of {shape.window} is left. "
        + _query(
            shape.latest(naming.burn_rate("1h")), 'Burn rate {{ . | first | value | printf "%.1f" }} over 1h.'
        ),
        next_query=shape.own(naming.REMAINING),
        keep_firing=KEEP_FIRING,
        window=shape.window,
    )


def exhaustion_events(slo: Slo, shape: Shape, indicator: Indicator) -> Decimal:
    """Return how many bad events the SLO's window must hold before its budget counts as gone."""
    return min_events(slo, shape.budget, shape.window, least_events(indicator, shape.base.scrape))


def _missing(at: _At, severity: Severity) -> _Words:
    up = selector("up", (("service", "=", at.service.name),))
    return _Words(
        kind=naming.METRIC_MISSING,
        severity=severity,
        # The base and not the raw series: it has no value just when there is nothing to count, and costs a hundredth.
        expr=f"max({up}) == 1\nunless\n{at.shape.latest(naming.BAD_BASE)}",
        why="A target of the service answers, and what the objective counts is not there: renamed, or not instrumented.",
        summary=f"{at.title} has nothing to count: its metric is missing",
        live=f"{at.service.name} answers its scrapes without the metric of {at.slo.name}.",
        next_query=at.indicator.counted,
        hold=MISSING_HOLD,
    )


def _idle(at: _At, after: Duration) -> _Words:
    return _Words(
        kind=naming.IDLE,
        severity="info",
        expr=f"{at.shape.latest(naming.TOTAL_BASE)} == 0",
        why=f"Nothing happened for {after} that the objective could count; its budget is untouched.",
        summary=f"{at.title} is idle",
        live=f"No {at.indicator.unit} for {after}.",
        next_query=at.indicator.counted,
        hold=after,
    )


def _planned(words: _Words, at: _At, spec: Spec) -> PlannedAlert:
    slo, service, name = at.slo, at.service, naming.slo_alert(at.service.name, at.slo.name, words.kind)
    labels = {**dict(service.labels), **dict(slo.labels), "service": service.name, "severity": words.severity}
    labels |= {"team": service.team, "slo": slo.name, "slo_id": at.shape.slo_id}
    return PlannedAlert(
        name=name,
        preset=None,
        service=service.name,
        severity=words.severity,
        hold=words.hold,
        window=words.window,
        expr=words.expr,
        why=words.why,
        summary=alert_template_escape(words.summary),
        description=described(slo.description, words.live),
        impact=slo.description,
        next_query=words.next_query,
        runbook_path=naming.runbook_path(service.name, name),
        runbook_url=slo.runbook or naming.runbook_url(service.runbook_base_url, service.name, name),
        labels=escaped(labels),
        receivers=receivers_of(words.severity, spec),
        proof=None,
        where=slo.where,
        keep_firing=words.keep_firing,
        slo_kind=words.kind,
    )
