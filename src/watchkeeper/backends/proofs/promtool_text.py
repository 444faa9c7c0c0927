"""Scenarios and their checks in promtool's format, with slots where SLOs of one profile differ."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from watchkeeper import naming
from watchkeeper.backends.proofs.further_values import further_values, values_of_rest
from watchkeeper.emit.promql import alert_template_unescape, matcher
from watchkeeper.emit.promtool_yaml import ProofFile
from watchkeeper.emit.template import slot, split
from watchkeeper.model.duration import Duration
from watchkeeper.model.slo import TILE
from watchkeeper.plan.plan import PlannedAlert
from watchkeeper.plan.proofs.scenarios.daily_pace import STEP
from watchkeeper.plan.proofs.scenarios.profile import ScenarioProfile
from watchkeeper.plan.proofs.scenarios.scenario import (
    AlertCheck,
    DownAlert,
    HeldCheck,
    KeptCheck,
    Pace,
    Scenario,
    ValueCheck,
)
from watchkeeper.plan.proofs.scenarios.slo_scenarios import scenarios
from watchkeeper.plan.proofs.series.decoys import (
    CALENDAR_DECOYS,
    DECOY_RATE,
    DECOY_SERVICE,
    OTHER_ALERT,
    of_month,
    read_again,
)
from watchkeeper.plan.proofs.series.samples import (
    Role,
    Series,
    alert_values,
    previous_labels_values,
    rollup_values,
    values,
)

Pairs = tuple[tuple[str, str], ...]


def alert_check(
    out: ProofFile, check: AlertCheck, name: str, firing: str | None, *, elsewhere: str = ""
) -> None:
    """Write what an alert must show; `firing` are all its labels, None where they cannot be known.

    An alert of this name that the scenario feeds for the service `elsewhere` is not meant.
    """
    expr = firing_alert(name, elsewhere)
    if not check.firing:
        out.expect(expr, _instant(check.at), [])
    elif firing is None:
        # Which labels remain after the user's own expression cannot be known.
        out.expect(f"count({expr}) > bool 0", _instant(check.at), [("{}", "1")])
    else:
        out.expect(expr, _instant(check.at), [(f"ALERTS{{{firing}}}", "1")])


def firing_alert(name: str, elsewhere: str = "") -> str:
    """Return a selector of an alert while it fires, but for that of the service `elsewhere`."""
    other = f',service!="{elsewhere}"' if elsewhere else ""
    return f'ALERTS{{alertname="{name}",alertstate="firing"{other}}}'


def firing_labels(alert: PlannedAlert, inherited: Pairs) -> str:
    """Return the labels of a firing alert; `inherited` are those of its series."""
    own = tuple((name, alert_template_unescape(value)) for name, value in alert.labels)
    return labels_text((("alertname", alert.name), ("alertstate", "firing"), *inherited, *own))


def labels_text(labels: Pairs) -> str:
    """Return labels as text between braces."""
    return ",".join(matcher(name, "=", value) for name, value in labels)


@lru_cache(maxsize=1024)
def slo_template(
    profile: ScenarioProfile, roles: tuple[Role, ...], decoys: tuple[Role, ...], pace: Pace
) -> tuple[str, ...]:
    """Return a file of an SLO's proofs in pieces; series are given by their roles, and names fill the slots."""
    base = profile.parameters.base
    step = {"live": base.evaluation, "rollup": TILE, "daily": Duration(STEP * 1000)}[pace]
    out = ProofFile("", (slot("path"),), str(step), (slot("live"), slot("rollup")))
    fed, others = (tuple(Series("", *role) for role in many) for many in (roles, decoys))
    writer = _Writer(out, profile, fed, others, step)
    for scenario in scenarios(profile):
        if scenario.pace == pace:
            writer.scenario(scenario)
    return split(out.text())


class _Writer:
    """Writes scenarios with slots for every name."""

    def __init__(
        self,
        out: ProofFile,
        profile: ScenarioProfile,
        series: tuple[Series, ...],
        decoys: tuple[Series, ...],
        step: Duration,
    ) -> None:
        self.out, self.profile, self.fed, self.decoys = out, profile, series, decoys
        self.scrape, self.step = profile.parameters.base.scrape, step

    def scenario(self, scenario: Scenario) -> None:
        interval = TILE if scenario.pace == "daily" else self.scrape
        series = self._rollups(scenario) if scenario.pace == "daily" else self._series(scenario)
        self.out.test(f"{slot('id')}: {scenario.title}", str(interval), series)
        is_planned = any(phase.planned for phase in scenario.timeline.phases)
        elsewhere = DECOY_SERVICE if scenario.down_alerts or is_planned else ""
        for check in scenario.alerts:
            name, firing = slot(f"alert{check.alert}"), slot(f"firing{check.alert}{_rest(scenario.of_rest)}")
            alert_check(self.out, check, name, firing, elsewhere=elsewhere)
        for value in scenario.values:
            if isinstance(value, KeptCheck):
                self._kept(value, elsewhere)
            elif isinstance(value, HeldCheck):
                self._held(value)
            else:
                self._value(value, value.of or _rest(scenario.of_rest))

    def _value(self, check: ValueCheck, whose: str) -> None:
        recorded = f'{check.record}{{slo_id="{slot("id")}"{slot(f"value{whose}")}}}'
        if check.want is None:
            self.out.expect(recorded, _instant(check.at), [])
            return
        month = f',{naming.BEGINS_LABEL}="0"' if check.of_month else ""
        near = f"abs({recorded} - ({_number(check.want)})) < bool {_number(max(check.tolerance, 1e-9))}"
        self.out.expect(near, _instant(check.at), [(f"{{{slot(f'recorded{whose}')}{month}}}", "1")])

    def _held(self, check: HeldCheck) -> None:
        recorded = f'{check.record}{{slo_id="{slot("id")}"{slot("value")}}}'
        moved = f"abs({recorded} - {recorded} offset {_instant(check.at - check.since)}) < bool 1e-9"
        self.out.expect(moved, _instant(check.at), [(f"{{{slot('recorded')}}}", "1")])

    def _kept(self, check: KeptCheck, elsewhere: str) -> None:
        alert = firing_alert(slot(f"alert{check.alert}"), elsewhere)
        condition = f'max({check.record}{{slo_id="{slot("id")}"{slot("value")}}}) {check.bound}'
        span = f"[{_instant(check.at - check.since)}:{self.step}]"
        expr = f"sum(count_over_time({alert}{span})) - sum(count_over_time(({condition}){span}))"
        self.out.expect(expr, _instant(check.at), [("{}", str(check.evaluations))])

    def _rollups(self, scenario: Scenario) -> Iterator[tuple[str, str]]:
        interval = int(TILE.seconds)
        for name, is_bad in ((naming.TOTAL_TILE, False), (naming.BAD_TILE, True)):
            for labels, is_previous in ((slot("previous"), True), (slot("recorded"), False)):
                shown = rollup_values(scenario.timeline, interval, bad=is_bad, previous_labels=is_previous)
                yield f"{name}{{{labels}}}", shown
        if self.profile.parameters.calendar is not None:
            yield from self._calendar(scenario, interval)
            for name, is_bad in ((naming.TOTAL_TILE, False), (naming.BAD_TILE, True)):
                shown = rollup_values(scenario.timeline, interval, bad=is_bad, previous_labels=True)
                own = f'{naming.BEGINS_LABEL}="0",{slot("previous")}'
                yield f"{naming.calendar_tile(name)}{{{own}}}", shown
        for number, one in enumerate(self.decoys):
            if scenario.with_decoys and one.value == DECOY_RATE:
                yield slot(f"decoy{number}"), f"{one.value}x{scenario.timeline.end // interval}"

    def _series(self, scenario: Scenario) -> Iterator[tuple[str, str]]:
        interval = int(self.scrape.seconds)
        for number, one in enumerate(self.fed):
            if scenario.bad_series_absent and one.kind == "counter" and not one.good:
                continue
            if scenario.of_rest and one.kind in ("counter", "native"):
                yield from values_of_rest(number, one, scenario, interval)
            else:
                yield slot(f"fed{number}"), values(one, scenario.timeline, interval, start=scenario.start)
        yield from further_values(scenario, self.profile, self.fed)
        if self.profile.parameters.calendar is not None:
            yield from self._calendar(scenario, interval)
        for down in scenario.down_alerts:
            yield self._down_alert(down, interval)
        if scenario.down_alerts:
            # A burn of this name that fires elsewhere lets nothing page here.
            own = f'alertname="{slot(f"alert{naming.FAST_BURN}")}",alertstate="firing"{slot("value")}'
            yield f'ALERTS{{{own},service="{DECOY_SERVICE}"}}', f"1x{scenario.timeline.end // interval}"
        if any(phase.planned for phase in scenario.timeline.phases):
            yield self._window(scenario, interval)
            yield from self._beside_window(scenario, scenario.timeline.end // interval)
        if scenario.with_decoys:
            yield from self._decoys(scenario, interval)
        if scenario.timeline.phases[0].previous_labels:
            yield from self._previous(scenario, interval)

    def _window(self, scenario: Scenario, interval: int) -> tuple[str, str]:
        """Return the series of a maintenance window that is open in the planned phases."""
        shown = []
        for index, (phase, begins) in enumerate(
            zip(scenario.timeline.phases, scenario.timeline.starts, strict=False)
        ):
            more = (begins + phase.seconds) // interval - begins // interval - (index > 0)
            shown.append(f"1x{more}" if phase.planned else f"stale _x{more}" if index else f"_x{more + 1}")
        labels = labels_text((("maintenance", "proof"),))
        return f'{naming.MAINTENANCE_OPEN}{{{labels},service="{slot("service")}"}}', " ".join(shown)

    def _calendar(self, scenario: Scenario, interval: int) -> Iterator[tuple[str, str]]:
        """Yield the series of the month, which begins at 0 and again at the turn, and those of other months."""
        parameters, samples = self.profile.parameters, scenario.timeline.end // interval
        turn = (scenario.turn or scenario.timeline.end) // interval
        begins = f"0x{turn - 1} {scenario.turn}x{samples - turn}" if scenario.turn else f"0x{samples}"
        mine, others = slot("calendar"), [slot(f"calendar{number}") for number in range(CALENDAR_DECOYS)]
        yield f"{naming.CALENDAR_BEGINS}{{{mine}}}", begins
        yield f"{naming.CALENDAR_SECONDS}{{{mine}}}", f"{parameters.window.seconds:f}x{samples}"
        for name in (naming.CALENDAR_BEGINS, naming.CALENDAR_SECONDS):
            # What a former team has left behind is never the greatest.
            yield f'{name}{{{mine},team="former"}}', f"0x{samples}"
            yield from ((f"{name}{{{other}}}", f"1000000000x{samples}") for other in others)

    def _beside_window(self, scenario: Scenario, samples: int) -> Iterator[tuple[str, str]]:
        """Yield the window of another service, and alerts that are not this one or do not fire."""
        yield f'{naming.MAINTENANCE_OPEN}{{maintenance="proof",service="{DECOY_SERVICE}"}}', f"1x{samples}"
        own = [slot(f"alert{check.alert}") for check in scenario.alerts[:1]]
        for name, state in ((OTHER_ALERT, "firing"), *((name, "pending") for name in own)):
            # Written out: as user text the signs of a slot would be escaped.
            labels = f'alertname="{name}",alertstate="{state}"'
            yield f'ALERTS{{{labels},service="{slot("service")}"}}', f"1x{samples}"
        for name in () if scenario.down_alerts else own:
            yield (
                f'ALERTS{{alertname="{name}",alertstate="firing",service="{DECOY_SERVICE}"}}',
                f"1x{samples}",
            )

    def _down_alert(self, down: DownAlert, interval: int) -> tuple[str, str]:
        labels = labels_text(
            (
                *(
                    (naming.KIND_LABEL, "service_down"),
                    ("alertname", "ServiceDown"),
                    ("alertstate", down.state),
                ),
                ("severity", "critical"),
            )
        )
        shown = alert_values(down.spans, interval)
        return f'ALERTS{{{labels},service="{slot("service")}"}}', shown

    def _decoys(self, scenario: Scenario, interval: int) -> Iterator[tuple[str, str]]:
        count = scenario.timeline.end // interval
        is_whole = all(phase.up and phase.present for phase in scenario.timeline.phases)
        for number, one in enumerate(self.decoys):
            if one.kind == "companion" and (not is_whole or scenario.crowd is not None):
                continue
            if one.kind == "decoy_up":
                shown = values(one, scenario.timeline, interval, start=0)
            else:
                shown = f"0+999x{count}" if one.kind == "counter" else f"{one.value}x{count}"
            yield slot(f"decoy{number}"), shown

    def _previous(self, scenario: Scenario, interval: int) -> Iterator[tuple[str, str]]:
        phase = scenario.timeline.phases[0]
        step = int((TILE if scenario.pace == "rollup" else self.profile.parameters.base.evaluation).seconds)
        known = {
            naming.TOTAL_BASE: phase.rate,
            naming.BAD_BASE: phase.rate * phase.ratio,
            naming.REMAINING: 1.0,
        }
        # Where the previous labels last to the end only the base is given: the rules must derive the rest from it.
        is_all = all(one.previous_labels for one in scenario.timeline.phases)
        step = int(self.profile.parameters.base.evaluation.seconds) if is_all else step
        names = (naming.TOTAL_BASE, naming.BAD_BASE) if is_all else read_again(self.profile.parameters)
        for name in names:
            shown = previous_labels_values(known.get(name, 0.0), scenario.timeline, interval, step)
            yield f"{name}{{{slot('previous')}}}", shown
        for name in () if is_all else of_month(self.profile.parameters)[:2]:
            shown = previous_labels_values(0.0, scenario.timeline, interval, step)
            yield f'{name}{{{naming.BEGINS_LABEL}="0",{slot("previous")}}}', shown


def _rest(is_rest: bool) -> str:
    """Return how the slots end that are about the values without a budget of their own."""
    return "rest" if is_rest else ""


def _instant(seconds: int) -> str:
    return str(Duration(seconds * 1000))


def _number(value: float) -> str:
    return f"{value:.12g}"
