"""Pack drills into few rounds: faults that do not disturb each other are injected together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from watchkeeper.drill.every.trials import Trial
from watchkeeper.drill.faults import Fault

# Requests that fail never reach what the other switches of the same line change, and slow executions count too late.
_DISTURB = (
    {"error_ratio", "latency_seconds"},
    {"error_ratio", "sandbox_delay_seconds"},
    {"error_ratio", "sandbox_error_ratio"},
    {"error_ratio", "database_down"},
    {"latency_seconds", "database_down"},
    {"latency_seconds", "sandbox_error_ratio"},
    {"sandbox_delay_seconds", "sandbox_error_ratio"},
    {"sandbox_delay_seconds", "pool_empty"},
    {"sandbox_delay_seconds", "database_down"},
    {"sandbox_error_ratio", "database_down"},
)


@dataclass(frozen=True, slots=True)
class Round:
    """Drills that run together: one fault, with every switch that one of them needs."""

    trials: tuple[Trial, ...]

    @property
    def stops_the_process(self) -> bool:
        """Return whether the demo's process is stopped for it."""
        return self.trials[0].fault.stops_the_process

    @property
    def fault(self) -> Fault:
        """Return all faults as one: each switch at the strongest of its values, which triggers the weaker ones too."""
        strongest: dict[str, float | bool] = {}
        words: dict[str, str] = {}
        for trial in self.trials:
            for name, value in trial.fault.switches:
                if name not in strongest or value > strongest[name]:
                    strongest[name], words[name] = value, trial.fault.description
        if not strongest:
            return self.trials[0].fault
        return Fault(", ".join(dict.fromkeys(words.values())), tuple(strongest.items()))

    @property
    def has_objectives(self) -> bool:
        """Return whether an alert on an objective's bad events is drilled."""
        return any(trial.counts_events for trial in self.trials)

    def with_lag(self) -> Round:
        """Return the round with each alert due when the strongest fault shows, which may be later than its own."""
        strongest = dict(self.fault.switches)
        return Round(tuple(_delayed(trial, strongest) for trial in self.trials))


def rounds_of(trials: Iterable[Trial]) -> tuple[Round, ...]:
    """Return the rounds in order; those that stop the process are last, since everything else fires then too."""
    packed: list[list[Trial]] = []
    for trial in sorted(trials, key=lambda one: one.fault.stops_the_process):
        fitting = next((one for one in packed if all(_go_together(trial, other) for other in one)), None)
        if fitting is None:
            packed.append([trial])
        else:
            fitting.append(trial)
    return tuple(Round(tuple(one)).with_lag() for one in packed)


def _go_together(one: Trial, other: Trial) -> bool:
    if one.fault.stops_the_process or other.fault.stops_the_process:
        return one.fault == other.fault
    names, others = (dict(trial.fault.switches).keys() for trial in (one, other))
    return not any(pair <= names | others and not pair <= names and not pair <= others for pair in _DISTURB)


def _delayed(trial: Trial, strongest: dict[str, float | bool]) -> Trial:
    """Return the trial as late as the round makes it: an execution begins when its slow request ends."""
    own = dict(trial.fault.switches)
    slow = {"latency_seconds", "sandbox_delay_seconds"} & own.keys()
    later = sum(float(strongest[name]) - float(own[name]) for name in slow)
    if "sandbox_delay_seconds" in own:
        later += float(strongest.get("latency_seconds", 0))
    return replace(trial, due=trial.due + later)
