"""What running the proofs has shown: by file, by alert, and how much of it was run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from watchkeeper.plan.plan import Plan
from watchkeeper.toolchain import Tool
from watchkeeper.verify.proof_failure import FailedScenario, blamed
from watchkeeper.verify.proof_list import ProofFile, Unproven

# A file was run now, it passed before, or its text has the shape of another that was run or passed.
Source = Literal["played", "cache", "shape"]


@dataclass(frozen=True, slots=True)
class FileResult:
    """The result of one file of proofs: where it comes from, and the scenarios that failed."""

    file: ProofFile
    failures: tuple[FailedScenario, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class Proven:
    """One alert's columns: whether it fires, stays silent and resolves as planned; None where no scenario checks it."""

    service: str
    alert: str
    fires: bool | None
    silent: bool | None
    resolves: bool | None


@dataclass(frozen=True, slots=True)
class ProofResults:
    """Every file's result, the columns of every alert, and what is unproven; `tool` is None without promtool."""

    tool: Tool | None
    files: tuple[FileResult, ...]
    alerts: tuple[Proven, ...]
    unproven: tuple[Unproven, ...]

    @property
    def failures(self) -> tuple[FailedScenario, ...]:
        """Return all failed scenarios."""
        return tuple(failure for file in self.files for failure in file.failures)

    @property
    def checks(self) -> int:
        """Return the number of checks."""
        return sum(result.file.checks for result in self.files)

    def scenarios(self, source: Source | None = None) -> int:
        """Return the number of scenarios, or of those whose results come from one source."""
        return sum(
            len(result.file.scenarios) for result in self.files if source is None or result.source == source
        )

    @property
    def alerts_by_shape(self) -> int:
        """Return how many alerts have a check whose scenario was not run, because one of equal shape was."""
        shared = [result.file for result in self.files if result.source == "shape" and not result.failures]
        return len({(one.service, name) for one in shared for name in one.alerts})


def columns(plan: Plan, files: Sequence[FileResult]) -> Iterator[Proven]:
    """Yield the columns of every alert."""
    found: dict[tuple[str, str, str], bool] = {}
    for result in files:
        failed = {failure.title: failure for failure in result.failures}
        whole = result.file.owner in failed
        for scenario in result.file.scenarios:
            failure = failed.get(scenario.title)
            against = blamed(failure, scenario) if failure is not None else set()
            for check in scenario.alerts:
                key = (result.file.service, check.alert, check.aspect)
                found[key] = found.get(key, True) and key[1:] not in against and not whole
    for service in plan.alerting_services:
        for alert in service.all_alerts:
            fires, silent, resolves = (
                found.get((service.name, alert.name, aspect)) for aspect in ("fires", "silent", "resolves")
            )
            yield Proven(service.name, alert.name, fires, silent, resolves)
