"""The decoys of an SLO's proof: series that must not influence its rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import product

from watchkeeper import naming
from watchkeeper.emit.promql import matcher
from watchkeeper.model.service import Service
from watchkeeper.plan.calendar.calendar_series import CalendarSeries
from watchkeeper.plan.proofs.series.input_series import placed, series_text
from watchkeeper.plan.proofs.series.samples import FIRST, SECOND, Series
from watchkeeper.plan.proofs.series.split_series import around_value
from watchkeeper.plan.proofs.slo_proof import ProvenValue
from watchkeeper.plan.slo.paged_outage import outage_states
from watchkeeper.plan.slo.planned_slo import PlannedSlo
from watchkeeper.plan.slo.recordings import BURN_WINDOWS, SloParameters

DECOY_SERVICE = "watchkeeper-neighbour"
# An alert of the service under test that is none of those which are proven.
OTHER_ALERT = "ProofOther"
# Values of an objective's label that have no budget of their own.
REST = ("rest0", "rest1")
# A calendar has so many labels, and a decoy for each.
CALENDAR_DECOYS = 3
# Events a second of another objective, by which its bases and rollups are known among the decoys.
DECOY_RATE = "5000"
_DECOY_VALUES = {
    **dict.fromkeys((naming.TOTAL_BASE, naming.BAD_BASE, naming.TOTAL_TILE, naming.BAD_TILE), DECOY_RATE),
    **dict.fromkeys(map(naming.calendar_tile, (naming.TOTAL_TILE, naming.BAD_TILE)), DECOY_RATE),
    # More than any scenario counts.
    naming.bad_events_tile("").rstrip(":"): "1000000000000",
    naming.REMAINING: "1",
    # Longer than any forecast.
    naming.EXHAUSTION: "1000000000000",
    **{naming.burn_rate(str(window)): "99" for window in BURN_WINDOWS},
}


def decoys(
    slo: PlannedSlo, service: Service, fed: tuple[Series, ...], proven: ProvenValue | None = None
) -> tuple[Series, ...]:
    """Return similar series of another service, all of them bad, and a target of the service itself that never answers:
    none may change a result."""
    firsts = () if slo.spec.sli.external else tuple(one for one in fed if SECOND not in one.text)
    vanishing = (one for one in firsts if one.vanishes_with_metric)
    raw = (_decoy(text, one) for one in vanishing for text in decoy_texts(one.text, service))
    broken = Series(fed[0].text.replace(FIRST, SECOND), "constant", value="0")
    value = f",{proven.matcher}" if proven is not None else ""
    id_ = naming.slo_id(DECOY_SERVICE, slo.name)
    other = f'{{service="{DECOY_SERVICE}",slo="{slo.name}",slo_id="{id_}",team="others"{value}}}'
    recorded = (*read_again(slo.parameters), naming.TOTAL_TILE, naming.BAD_TILE)
    if slo.spec.alerting.exhausted_in is not None:
        recorded += (naming.EXHAUSTION,)
    ours = tuple(Series(name + other, "constant", value=_decoy_value(name)) for name in recorded)
    month = (
        Series(f'{name}{other[:-1]},{naming.BEGINS_LABEL}="0"}}', "constant", value=_decoy_value(name))
        for name in of_month(slo.parameters)
    )
    if proven is not None:
        ours = (*ours, *_foreign_places(slo, proven), *_foreign_values(firsts, service, proven))
    up = series_text("up", placed({}, service))
    theirs = (Series(text, "decoy_up") for text in decoy_texts(up, service))
    return (broken, *theirs, *raw, *ours, *month, *_pages(slo, service))


def _foreign_places(slo: PlannedSlo, proven: ProvenValue) -> Iterator[Series]:
    """Yield the series by which values have places in another objective: they have none here."""
    kept = (naming.OWN_BUDGET, naming.TOTAL_BASE, naming.error_ratio_tile(str(slo.parameters.window)))
    for name, value in product(kept, REST):
        labels = {"slo_id": naming.slo_id(DECOY_SERVICE, slo.name), proven.label: value}
        yield Series(series_text(name, labels), "constant", value="0")


def _foreign_values(fed: Iterable[Series], service: Service, proven: ProvenValue) -> Iterator[Series]:
    """Yield counters of another service, busier than all that is counted: its values have no places here."""
    for one in fed:
        if one.kind == "counter" and one.good:
            before, after = around_value(one.text, proven)
            for value in REST:
                for text in decoy_texts(before + value + after, service):
                    yield Series(text, "constant", value="0+10000000")


def _pages(slo: PlannedSlo, service: Service) -> Iterator[Series]:
    """Yield alerts that resemble the page that the service is down: none may keep back a fast burn."""
    page = {naming.KIND_LABEL: "service_down", "service": service.name, "severity": "critical"}
    others = {"service": DECOY_SERVICE, "severity": "warning", naming.KIND_LABEL: "saturation"}
    for state in outage_states(service, slo.spec):
        for label, value in others.items():
            labels = {**page, label: value, "alertname": "Decoy", "alertstate": state}
            yield Series(series_text("ALERTS", labels), "constant", value="1")


def _decoy_value(name: str) -> str:
    """Return a decoy's value: an error ratio, and for counts a large number."""
    return _DECOY_VALUES.get(name, _DECOY_VALUES.get(name.rpartition(":")[0], "0.9"))


def read_again(parameters: SloParameters) -> tuple[str, ...]:
    """Return the recorded series, but for the tiles, that an SLO's rules read."""
    recorded = [naming.TOTAL_BASE, naming.BAD_BASE, naming.REMAINING]
    recorded += [naming.error_ratio(str(window)) for window in parameters.windows]
    recorded += [naming.burn_rate(str(window)) for window in BURN_WINDOWS]
    if parameters.month is not None:
        recorded.append(naming.error_ratio(parameters.month.unit))
    for window in map(str, parameters.rollup_windows):
        recorded += [naming.error_ratio_tile(window), naming.bad_events_tile(window)]
    return tuple(recorded)


def of_month(parameters: SloParameters) -> tuple[str, ...]:
    """Return the recorded series that have the beginning of a month as a label: error ratio and events, then rollups."""
    if parameters.month is None:
        return ()
    unit = parameters.month.unit
    tiles = map(naming.calendar_tile, (naming.TOTAL_TILE, naming.BAD_TILE))
    return naming.error_ratio_tile(unit), naming.bad_events_tile(unit), *tiles


def calendar_decoys(calendar: CalendarSeries) -> tuple[tuple[tuple[str, str], ...], ...]:
    """Return the labels of calendars that an objective must not read: each differs from its own in one."""
    return tuple(
        tuple((name, DECOY_SERVICE if name == changed else value) for name, value in calendar.labels)
        for changed, _ in calendar.labels
    )


def decoy_texts(text: str, service: Service) -> Iterator[str]:
    """Yield a series as others have it, once for each label that makes it the service's: a rule may forget any of them."""
    for label, value in service.own_labels:
        other, count = re.subn(
            rf"(?<=[{{,]){re.escape(matcher(label, '=', value))}(?=[,}}])",
            lambda _, label=label: matcher(label, "=", DECOY_SERVICE),  # type: ignore[misc]
            text,
        )
        if count:
            yield other


def _decoy(text: str, one: Series) -> Series:
    return Series(text, "counter" if one.kind == "counter" else "constant", good=0, bad=0, value="0.5")
