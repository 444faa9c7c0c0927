"""What a service's page of proofs shows: what each alert must do, and when, from the scenarios of its proof."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from watchkeeper import naming
from watchkeeper.plan.human_format import clock
from watchkeeper.plan.proofs.scenarios.scenario import AlertCheck, Scenario
from watchkeeper.plan.proofs.scenarios.threshold_scenarios import AlertScenario
from watchkeeper.plan.proofs.timeline import Phase


@dataclass(frozen=True, slots=True)
class ProofRow:
    """One line: in this scenario this alert must do this, at these times."""

    scenario: str
    alert: str
    must: str
    when: str


def slo_rows(scenarios: Iterable[Scenario]) -> Iterator[ProofRow]:
    """Yield the rows of an SLO, scenarios of one row together; times count from the beginning of what goes wrong."""
    rows: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for scenario in scenarios:
        row = scenario.row
        checks = [check for check in scenario.alerts if row is not None and check.alert == row.alert]
        if row is not None and checks:
            rows.setdefault((row.name, row.alert), []).append((row.case, *_outcome(scenario, checks)))
    for name, alert in sorted(rows, key=lambda row: naming.slo_alert_rank(row[1])):
        outcomes = rows[name, alert]
        must = "; ".join(f"{case}: {must}" if case else must for case, must, _ in outcomes)
        when = "; ".join(f"{case}: {when}" if case else when for case, _, when in outcomes if when)
        yield ProofRow(name, alert, must, when)
    idle = [check for one in scenarios for check in one.alerts if check.alert == naming.IDLE]
    if idle:
        yield ProofRow("no traffic", naming.IDLE, *_absolute(idle))


def alert_row(scenarios: list[AlertScenario]) -> ProofRow:
    """Return the row of a threshold alert: its first scenario in full, and how many more there are."""
    first, further = scenarios[0], len(scenarios) - 1
    must, when = _absolute(first.checks)
    more = f"; {further} more {'scenario' if further == 1 else 'scenarios'}" if further else ""
    return ProofRow(first.title, first.alert, must, when + more)


def _absolute(checks: Iterable[AlertCheck]) -> tuple[str, str]:
    """Return what must happen at the instants of a scenario, and these instants."""
    instants: dict[str, list[str]] = {}
    for check in checks:
        instants.setdefault(check.aspect, []).append(clock(check.at))
    words = {"silent": "silent", "fires": "fires", "resolves": "resolved"}
    must = ", then ".join("resolves" if aspect == "resolves" else words[aspect] for aspect in instants)
    return must, ", ".join(f"{words[aspect]} at {' and '.join(at)}" for aspect, at in instants.items())


def _outcome(scenario: Scenario, checks: list[AlertCheck]) -> tuple[str, str]:
    """Return what an alert must do in a scenario and when, counted from the beginning and end of its last bad phases."""
    fires = next((check.at for check in checks if check.aspect == "fires"), None)
    if fires is None:
        return "silent", ""
    runs = [run for run in _bad_runs(scenario) if run[0] < fires]
    begins, ends = runs[-1] if runs else (0, scenario.timeline.end)
    silent = max(
        (check.at for check in checks if not check.firing and begins <= check.at < fires), default=begins
    )
    earlier = (
        any(not check.firing and runs[0][0] < check.at <= begins for check in checks)
        if len(runs) > 1
        else False
    )
    words, when = (
        ["silent, then fires" if earlier else "fires"],
        f"after {clock(silent - begins)} to {clock(fires - begins)}",
    )
    resolved = next((check.at for check in checks if check.aspect == "resolves" and check.at > fires), None)
    if resolved is not None:
        words.append("then resolves")
        when += f", resolved {clock(resolved - ends)} after the end"
    return ", ".join(words), when if silent > begins else when.replace("after 0s to", "within")


def _bad_runs(scenario: Scenario) -> list[tuple[int, int]]:
    """Return the begin and end of each row of bad phases."""
    runs: list[tuple[int, int]] = []
    for phase, start in zip(scenario.timeline.phases, scenario.timeline.starts, strict=False):
        if not _is_bad(phase):
            continue
        end = start + phase.seconds
        if runs and runs[-1][1] == start:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    return runs


def _is_bad(phase: Phase) -> bool:
    return phase.ratio > 0 or not phase.up or not phase.present
