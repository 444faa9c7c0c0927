"""Proofs as promtool's unit tests: a file for the threshold alerts of a service, and three an SLO:
at the pace of life, over hours, and over weeks.
"""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper import naming
from watchkeeper.emit.header import generated_from
from watchkeeper.emit.promql import alert_template_unescape, matcher
from watchkeeper.emit.proofs import ProofFile
from watchkeeper.model.duration import Duration
from watchkeeper.plan.proofs.history import STEP
from watchkeeper.plan.proofs.samples import Series, former_values, tile_values, values
from watchkeeper.plan.proofs.story import AlertCheck, Scale, Story, ValueCheck
from watchkeeper.plan.proofs.subject import read_again
from watchkeeper.plan.slo.base import TILE
from watchkeeper.plan.values import Plan, PlannedAlert, PlannedService, PlannedSlo

SCALES: tuple[Scale, ...] = ("minutes", "days", "history")


def render(plan: Plan) -> dict[str, str]:
    """Return the proofs of every service's threshold alerts and of every SLO."""
    files: dict[str, str] = {}
    for service in plan.services:
        if service.alert_stories:
            files[naming.proof_path(service.name, naming.ALERTS_PROOF)] = _thresholds(service, plan)
        for slo in service.slos:
            for scale in SCALES:
                if any(story.scale == scale for story in slo.proof.stories):
                    files[naming.proof_path(service.name, f"{slo.name}-{scale}")] = _slo(
                        slo, service, scale, plan
                    )
    return files


def _slo(slo: PlannedSlo, service: PlannedService, scale: Scale, plan: Plan) -> str:
    base = slo.shape.base
    step = {"minutes": base.evaluation, "days": TILE, "history": Duration(STEP * 1000)}[scale]
    groups = (naming.fast_group(slo.slo_id), naming.slow_group(slo.slo_id))
    path = f"../../prometheus/rules/{service.name}/{slo.name}.yml"
    out = ProofFile(generated_from(plan.source), (path,), str(step), groups)
    writer = _Writer(slo, out)
    for story in slo.proof.stories:
        if story.scale == scale:
            writer.story(story)
    return out.text()


def _thresholds(service: PlannedService, plan: Plan) -> str:
    path = f"../../prometheus/alerts/{service.name}.yml"
    step = str(plan.stack.evaluation_interval)
    out = ProofFile(generated_from(plan.source), (path,), step, (naming.alerts_group(service.name),))
    alerts = {alert.name: alert for alert in service.alerts}
    for story in service.alert_stories:
        out.test(story.title, f"{story.interval}s", story.series)
        for check in story.checks:
            _alert_check(out, check, alerts[check.alert], story.labels)
    return out.text()


def _alert_check(
    out: ProofFile, check: AlertCheck, alert: PlannedAlert, taken: tuple[tuple[str, str], ...] | None
) -> None:
    expr = f'ALERTS{{alertname="{alert.name}",alertstate="firing"}}'
    if not check.firing:
        out.expect(expr, _moment(check.at), [])
    elif taken is None:
        # Which labels the user's own expression leaves cannot be known.
        out.expect(f"count({expr}) > bool 0", _moment(check.at), [("{}", "1")])
    else:
        out.expect(expr, _moment(check.at), [(_firing(alert, taken), "1")])


class _Writer:
    """Writes the stories of one SLO."""

    def __init__(self, slo: PlannedSlo, out: ProofFile) -> None:
        self.slo, self.out = slo, out
        self.scrape = slo.shape.base.scrape
        self.recorded = _labels(slo.labels)
        self.former = _labels(tuple((n, "former" if n == "team" else value) for n, value in slo.labels))
        self.alerts = {alert.slo_kind: alert for alert in slo.alerts}

    def story(self, story: Story) -> None:
        interval = TILE if story.scale == "history" else self.scrape
        series = self._tiles(story) if story.scale == "history" else self._series(story)
        self.out.test(f"{self.slo.slo_id}: {story.title}", str(interval), series)
        for check in story.alerts:
            _alert_check(self.out, check, self.alerts[check.alert], ())
        for value in story.values:
            self._value(value)

    def _value(self, check: ValueCheck) -> None:
        recorded = self.slo.shape.own(check.record)
        if check.want is None:
            self.out.expect(recorded, _moment(check.at), [])
            return
        near = f"abs({recorded} - ({_number(check.want)})) < bool {_number(max(check.tolerance, 1e-9))}"
        self.out.expect(near, _moment(check.at), [(f"{{{self.recorded}}}", "1")])

    def _tiles(self, story: Story) -> Iterator[tuple[str, str]]:
        interval = int(TILE.seconds)
        for name, is_bad in ((naming.TOTAL_TILE, False), (naming.BAD_TILE, True)):
            for labels, is_former in ((self.former, True), (self.recorded, False)):
                yield (
                    f"{name}{{{labels}}}",
                    tile_values(story.timeline, interval, bad=is_bad, former=is_former),
                )

    def _series(self, story: Story) -> Iterator[tuple[str, str]]:
        interval = int(self.scrape.seconds)
        for one in self.slo.proof.series:
            yield one.text, values(one, story.timeline, interval, start=story.start)
        if story.strange:
            for one in self.slo.proof.strangers:
                yield one.text, _stranger(one, story, interval)
        if story.timeline.phases[0].former:
            yield from self._former(story, interval)

    def _former(self, story: Story, interval: int) -> Iterator[tuple[str, str]]:
        phase = story.timeline.phases[0]
        step = int((TILE if story.scale == "days" else self.slo.shape.base.evaluation).seconds)
        recorded = {
            naming.TOTAL_BASE: phase.rate,
            naming.BAD_BASE: phase.rate * phase.ratio,
            naming.REMAINING: 1.0,
        }
        for name in read_again(self.slo.shape):
            value = recorded.get(name, 0.0)
            yield f"{name}{{{self.former}}}", former_values(value, story.timeline, interval, step)


def _stranger(one: Series, story: Story, interval: int) -> str:
    count = story.timeline.end // interval
    return f"0+999x{count}" if one.kind == "counter" else f"{one.value}x{count}"


def _firing(alert: PlannedAlert, taken: tuple[tuple[str, str], ...]) -> str:
    labels = tuple((name, alert_template_unescape(value)) for name, value in alert.labels)
    return f"ALERTS{{{_labels((('alertname', alert.name), ('alertstate', 'firing'), *taken, *labels))}}}"


def _labels(labels: tuple[tuple[str, str], ...]) -> str:
    return ",".join(matcher(name, "=", value) for name, value in labels)


def _moment(seconds: int) -> str:
    return str(Duration(seconds * 1000))


def _number(value: float) -> str:
    return f"{value:.12g}"
