"""How stories and their checks are told to promtool, with slots where SLOs of one cast differ."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from watchkeeper import naming
from watchkeeper.emit.promql import alert_template_unescape, matcher
from watchkeeper.emit.promtool_yaml import ProofFile
from watchkeeper.emit.template import slot, split
from watchkeeper.model.duration import Duration
from watchkeeper.plan.plan import PlannedAlert
from watchkeeper.plan.proofs.scenarios.daily_pace import STEP
from watchkeeper.plan.proofs.scenarios.profile import Cast
from watchkeeper.plan.proofs.scenarios.scenario import AlertCheck, Scale, Story, ValueCheck
from watchkeeper.plan.proofs.scenarios.slo_scenarios import stories
from watchkeeper.plan.proofs.series.input_series import read_again
from watchkeeper.plan.proofs.series.samples import Role, Series, former_values, tile_values, values
from watchkeeper.plan.slo.base_window import TILE

Pairs = tuple[tuple[str, str], ...]


def alert_check(out: ProofFile, check: AlertCheck, name: str, firing: str | None) -> None:
    """Write what an alert must show; `firing` are all its labels, None where they cannot be known."""
    expr = f'ALERTS{{alertname="{name}",alertstate="firing"}}'
    if not check.firing:
        out.expect(expr, _moment(check.at), [])
    elif firing is None:
        # Which labels the user's own expression leaves cannot be known.
        out.expect(f"count({expr}) > bool 0", _moment(check.at), [("{}", "1")])
    else:
        out.expect(expr, _moment(check.at), [(f"ALERTS{{{firing}}}", "1")])


def firing_labels(alert: PlannedAlert, taken: Pairs) -> str:
    """Return the labels of a firing alert; `taken` are those that it takes over from its series."""
    own = tuple((name, alert_template_unescape(value)) for name, value in alert.labels)
    return labels_text((("alertname", alert.name), ("alertstate", "firing"), *taken, *own))


def labels_text(labels: Pairs) -> str:
    """Return labels as they stand between braces."""
    return ",".join(matcher(name, "=", value) for name, value in labels)


@lru_cache(maxsize=1024)
def slo_template(
    cast: Cast, roles: tuple[Role, ...], strangers: tuple[Role, ...], scale: Scale
) -> tuple[str, ...]:
    """Return a file of an SLO's proofs in pieces; series are known by what they do, names come into the slots."""
    base = cast.shape.base
    step = {"minutes": base.evaluation, "days": TILE, "history": Duration(STEP * 1000)}[scale]
    out = ProofFile("", (slot("path"),), str(step), (slot("fast"), slot("slow")))
    writer = _Writer(out, cast, *(tuple(Series("", *role) for role in many) for many in (roles, strangers)))
    for story in stories(cast):
        if story.scale == scale:
            writer.story(story)
    return split(out.text())


class _Writer:
    """Writes stories with slots for every name."""

    def __init__(
        self, out: ProofFile, cast: Cast, series: tuple[Series, ...], strangers: tuple[Series, ...]
    ) -> None:
        self.out, self.cast, self.fed, self.strangers = out, cast, series, strangers
        self.scrape = cast.shape.base.scrape

    def story(self, story: Story) -> None:
        interval = TILE if story.scale == "history" else self.scrape
        series = self._tiles(story) if story.scale == "history" else self._series(story)
        self.out.test(f"{slot('id')}: {story.title}", str(interval), series)
        for check in story.alerts:
            alert_check(self.out, check, slot(f"alert{check.alert}"), slot(f"firing{check.alert}"))
        for value in story.values:
            self._value(value)

    def _value(self, check: ValueCheck) -> None:
        recorded = f'{check.record}{{slo_id="{slot("id")}"}}'
        if check.want is None:
            self.out.expect(recorded, _moment(check.at), [])
            return
        near = f"abs({recorded} - ({_number(check.want)})) < bool {_number(max(check.tolerance, 1e-9))}"
        self.out.expect(near, _moment(check.at), [(f"{{{slot('recorded')}}}", "1")])

    def _tiles(self, story: Story) -> Iterator[tuple[str, str]]:
        interval = int(TILE.seconds)
        for name, is_bad in ((naming.TOTAL_TILE, False), (naming.BAD_TILE, True)):
            for labels, is_former in ((slot("former"), True), (slot("recorded"), False)):
                shown = tile_values(story.timeline, interval, bad=is_bad, former=is_former)
                yield f"{name}{{{labels}}}", shown

    def _series(self, story: Story) -> Iterator[tuple[str, str]]:
        interval = int(self.scrape.seconds)
        for number, one in enumerate(self.fed):
            if story.unborn and one.kind == "counter" and not one.good:
                continue
            yield slot(f"fed{number}"), values(one, story.timeline, interval, start=story.start)
        if story.strange:
            yield from self._strangers(story.timeline.end // interval)
        if story.timeline.phases[0].former:
            yield from self._former(story, interval)

    def _strangers(self, count: int) -> Iterator[tuple[str, str]]:
        for number, one in enumerate(self.strangers):
            yield (
                slot(f"strange{number}"),
                f"0+999x{count}" if one.kind == "counter" else f"{one.value}x{count}",
            )

    def _former(self, story: Story, interval: int) -> Iterator[tuple[str, str]]:
        phase = story.timeline.phases[0]
        step = int((TILE if story.scale == "days" else self.cast.shape.base.evaluation).seconds)
        known = {
            naming.TOTAL_BASE: phase.rate,
            naming.BAD_BASE: phase.rate * phase.ratio,
            naming.REMAINING: 1.0,
        }
        # Of a story that is former to its end only the base is known: what follows from it is the story.
        is_all = all(one.former for one in story.timeline.phases)
        step = int(self.cast.shape.base.evaluation.seconds) if is_all else step
        names = (naming.TOTAL_BASE, naming.BAD_BASE) if is_all else read_again(self.cast.shape)
        for name in names:
            shown = former_values(known.get(name, 0.0), story.timeline, interval, step)
            yield f"{name}{{{slot('former')}}}", shown


def _moment(seconds: int) -> str:
    return str(Duration(seconds * 1000))


def _number(value: float) -> str:
    return f"{value:.12g}"
