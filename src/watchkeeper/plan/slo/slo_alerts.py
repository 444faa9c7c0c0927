"""The alerts of an SLO: its budget burns fast or slowly or is spent, its metric is missing, or it is idle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from watchkeeper import naming
from watchkeeper.emit.promql import alert_template_escape, number, selector
from watchkeeper.model.alert import Severity
from watchkeeper.model.duration import Duration
from watchkeeper.model.service import Matcher, Service
from watchkeeper.model.slo import Slo
from watchkeeper.model.spec import Spec
from watchkeeper.plan.filter_matchers import filter_matchers
from watchkeeper.plan.human_format import percentage
from watchkeeper.plan.maintenance.closed_alerts import NOT_IN_MAINTENANCE, unless_open
from watchkeeper.plan.planned_alert import PlannedAlert, description_of, escaped_labels
from watchkeeper.plan.slo.alert_spec import KEEP_FIRING, AlertSpec, SloContext
from watchkeeper.plan.slo.budget_alerts import budget_alerts, exhausted
from watchkeeper.plan.slo.burn_texts import budget_text, tier_text
from watchkeeper.plan.slo.indicator import Indicator
from watchkeeper.plan.slo.paged_outage import held_by_outage, outage_states, unless_outage_paged
from watchkeeper.plan.slo.policy import TierKind
from watchkeeper.plan.slo.recordings import SloParameters, bad_events
from watchkeeper.plan.slo.tiers import ALERT_KINDS, Tier

MISSING_HOLD = Duration.parse("5m")
_RECENT = "5m"
"""The range of the queries that people run first."""


def slo_alerts(
    slo: Slo, service: Service, spec: Spec, parameters: SloParameters, indicator: Indicator
) -> tuple[PlannedAlert, ...]:
    """Return the SLO's alerts, most urgent first."""
    context = SloContext(slo, service, parameters, indicator)
    return tuple(_planned(alert, context, spec) for alert in _all(context))


def _all(context: SloContext) -> Iterator[AlertSpec]:
    alerting = context.slo.alerting
    lesser: Severity = alerting.ticket or "warning"
    if alerting.enabled and alerting.page and context.tiers("page"):
        yield _burn(context, "page", alerting.page)
    if alerting.enabled and alerting.ticket and context.tiers("ticket"):
        yield _burn(context, "ticket", alerting.ticket)
    if alerting.enabled and alerting.ticket:
        yield exhausted(context, lesser)
    if alerting.enabled:
        yield from budget_alerts(context, lesser)
    if context.indicator.is_preinitialized:
        yield _missing(context, lesser)
    if alerting.idle is not None:
        yield _idle(context, alerting.idle)


def _burn(context: SloContext, tier_kind: TierKind, severity: Severity) -> AlertSpec:
    tiers = context.tiers(tier_kind)
    pace = "fast" if tier_kind == "page" else "slowly"
    fastest, window = tiers[0], context.parameters.window_words
    parts = [_condition(context, tier) for tier in tiers]
    is_paged = tier_kind == "page" and outage_states(context.service, context.slo)
    left_out = "; not while the page that the service is down explains it" if is_paged else ""
    if is_paged and context.parameters.down is None:
        service = context.service.name
        parts.append(
            held_by_outage(
                service,
                naming.slo_alert(service, context.slo.name, ALERT_KINDS[tier_kind]),
                grouped=context.parameters.grouped,
            )
        )
        left_out += "; one that fires before that page lasts at least as long"
    limits = ", or ".join(
        f"more than {percentage(tier.threshold)} bad over {tier.long} and {tier.short} (burn rate {_short(tier)})"
        for tier in tiers
    )
    guards = " or ".join(sorted({number(tier.min_events) for tier in tiers}, key=float))
    return AlertSpec(
        kind=ALERT_KINDS[tier_kind],
        severity=severity,
        expr="\nor\n".join(parts),
        comment=f"The error budget of {window} burns {pace}: {limits}; with at least {guards} bad "
        f"{context.indicator.unit}{left_out}.",
        summary=f"{context.title} burns its error budget {pace}",
        description_template=f"{tier_text(context.parameters, tiers)} {budget_text(context.parameters)}",
        next_query=_next_query(context),
        keep_firing=KEEP_FIRING,
        window=fastest.long,
    )


def _short(tier: Tier) -> str:
    return f"{round(tier.factor, 2).normalize():f}"


def _condition(context: SloContext, tier: Tier) -> str:
    limit, outage = number(tier.threshold), ""
    states = outage_states(context.service, context.slo) if tier.kind == "page" else ()
    if states:
        service = context.service.name
        own = naming.slo_alert(service, context.slo.name, tier.alert_kind)
        of = context.parameters
        each = of.latest(naming.error_ratio(str(tier.short))) if of.split is not None else ""
        outage = unless_outage_paged(states, service, tier, of.base, own, each=each, grouped=of.grouped)
    return (
        f"(\n    {context.parameters.latest(naming.error_ratio(str(tier.short)))} > {limit}"
        f"\n  and\n    {context.parameters.latest(naming.error_ratio(str(tier.long)))} > {limit}"
        f"\n  and\n    {bad_events(context.parameters, tier.long)} > {number(tier.guard_limit)}{outage}\n)"
    )


def _next_query(context: SloContext) -> str:
    http = context.service.http_of(context.slo.sli)
    match context.slo.sli.kind:
        case "availability":
            return _breakdown(context, http.requests, http.failed, f"{http.route}, {http.status}")
        case "latency" if context.slo.sli.family == "http":
            bucket = selector(
                f"{http.duration}_bucket",
                (*context.service.own, *filter_matchers(context.slo.sli), *http.every),
                range=_RECENT,
            )
            by = context.slo.by.label if context.slo.by is not None else http.route
            return f"histogram_quantile(0.95, sum by (le, {by}) (rate({bucket})))"
    return context.parameters.own(naming.error_ratio(str(context.parameters.windows[0])))


def _breakdown(context: SloContext, metric: str, of: Sequence[Matcher], by: str) -> str:
    own = (*context.service.own, *filter_matchers(context.slo.sli), *of)
    failed = selector(metric, own, range=_RECENT)
    if context.slo.by is not None and context.slo.by.label not in by.split(", "):
        by = f"{context.slo.by.label}, {by}"
    return f"topk(5, sum by ({by}) (rate({failed})))"


def _missing(context: SloContext, severity: Severity) -> AlertSpec:
    up = selector("up", context.service.own)
    return AlertSpec(
        kind=naming.METRIC_MISSING,
        severity=severity,
        # The base and not the raw series: it has no value exactly when there is nothing to count, and costs a hundredth.
        expr=f"max({up}) == 1\nunless\n{context.parameters.latest_of_all(naming.BAD_BASE)}",
        comment="A target of the service answers, but the metric that the objective counts is missing: "
        "renamed, or not instrumented.",
        summary=f"{context.title} cannot be measured: its metric is missing",
        description_template=f"{context.service.name} answers its scrapes, but without the metric of {context.slo.name}.",
        next_query=context.indicator.counted,
        hold=MISSING_HOLD,
    )


def _idle(context: SloContext, after: Duration) -> AlertSpec:
    return AlertSpec(
        kind=naming.IDLE,
        severity="info",
        expr=f"{context.parameters.latest_of_all(naming.TOTAL_BASE)} == 0",
        comment=f"The objective had nothing to count for {after}; its error budget is unchanged.",
        summary=f"{context.title} is idle",
        description_template=f"No {context.indicator.unit} for {after}.",
        next_query=context.indicator.counted,
        hold=after,
    )


def _which(context: SloContext, alert: AlertSpec) -> str:
    """Return a template that names the value of the objective's label, nothing for an alert about all of it."""
    by = context.slo.by
    if by is None or alert.kind in naming.OF_WHOLE_OBJECTIVE:
        return ""
    return f" ({by.label} {{{{ $labels.{by.label} }}}})"


def _outside_windows(context: SloContext, alert: AlertSpec, name: str) -> str:
    if context.slo.by is None or alert.kind in naming.OF_WHOLE_OBJECTIVE:
        return unless_open(alert.expr, context.service.name, name)
    of = context.parameters
    each = of.latest(naming.error_ratio(str(of.windows[0])))
    return unless_open(alert.expr, context.service.name, name, each=each, grouped=of.grouped)


def _planned(alert: AlertSpec, context: SloContext, spec: Spec) -> PlannedAlert:
    slo, service, name = (
        context.slo,
        context.service,
        naming.slo_alert(context.service.name, context.slo.name, alert.kind),
    )
    labels = {**dict(service.labels), **dict(slo.labels), "service": service.name, "severity": alert.severity}
    labels |= {"team": service.team, "slo": slo.name, "slo_id": context.parameters.slo_id}
    labels[naming.KIND_LABEL] = naming.slo_alert_kind(alert.kind)
    is_planned = context.parameters.planned_work is not None
    return PlannedAlert(
        name=name,
        preset=None,
        service=service.name,
        severity=alert.severity,
        hold=alert.hold,
        window=alert.window,
        expr=_outside_windows(context, alert, name) if is_planned else alert.expr,
        comment=f"{alert.comment.removesuffix('.')}{NOT_IN_MAINTENANCE}." if is_planned else alert.comment,
        summary=alert_template_escape(alert.summary) + _which(context, alert),
        description=description_of(alert_template_escape(slo.description), alert.description_template),
        impact=slo.description,
        next_query=alert.next_query,
        runbook_path=naming.runbook_path(service.name, name),
        runbook_url=slo.runbook or naming.runbook_url(service.runbook_base_url, service.name, name),
        labels=escaped_labels(labels),
        route=spec.notify.route_for(alert.severity, service=service.name, team=service.team, own=slo.routes),
        proof=None,
        where=slo.where,
        keep_firing=alert.keep_firing,
        slo_kind=alert.kind,
        mitigation=alert.mitigation,
        by=slo.by.label if slo.by is not None and alert.kind not in naming.OF_WHOLE_OBJECTIVE else None,
    )
