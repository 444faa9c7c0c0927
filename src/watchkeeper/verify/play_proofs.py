"""Run the published proofs in promtool, as many at once as there are cores, and only those that changed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from watchkeeper.plan.plan import Plan
from watchkeeper.toolchain import Tool, find
from watchkeeper.verify.native_proofs import readable
from watchkeeper.verify.promtool import run
from watchkeeper.verify.proof_cache import has_passed, key_of, remember
from watchkeeper.verify.proof_failure import FailedScenario, blamed, failed_scenarios
from watchkeeper.verify.proof_list import ProofFile, Unproven, proof_files, unproven

# Called with how many proof files are done, of how many.
Progress = Callable[[int, int], None]
_TEST = re.compile(r"^  - name: ", re.MULTILINE)
_CHECK = re.compile(r"^      - expr: ", re.MULTILINE)
_TIMEOUT_SECONDS = 600


@dataclass(frozen=True, slots=True)
class FileResult:
    """The result of one file of proofs: the number of its checks, and the scenarios that failed."""

    file: ProofFile
    checks: int
    failures: tuple[FailedScenario, ...]
    from_cache: bool


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
        return sum(file.checks for file in self.files)


def check_proofs(
    plan: Plan, root: Path, *, jobs: int | None = None, cache: bool = True, progress: Progress | None = None
) -> ProofResults:
    """Run every proof under `root`; with `cache`, proofs that passed before are not run again."""
    tool, wanted = find("promtool"), proof_files(plan)
    if tool is None:
        return ProofResults(None, (), (), unproven(plan))
    wanted, unreadable = readable(plan, wanted, tool)
    done: dict[str, FileResult] = {}
    with ThreadPoolExecutor(jobs or os.cpu_count() or 1) as pool:
        pending = [pool.submit(_play, file, root, tool, cache=cache) for file in wanted]
        try:
            for future in as_completed(pending):
                done[future.result().file.path] = future.result()
                if progress is not None:
                    progress(len(done), len(wanted))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    files = tuple(done[file.path] for file in sorted(wanted, key=lambda file: file.path))
    return ProofResults(tool, files, tuple(_columns(plan, files)), (*unproven(plan), *unreadable))


def _play(file: ProofFile, root: Path, tool: Tool, *, cache: bool) -> FileResult:
    try:
        rules, proof = (root / file.rules).read_bytes(), (root / file.path).read_bytes()
    except OSError as error:
        missing = FailedScenario(
            file.path, file.owner, (), (), f"{error.filename} is missing; run: watchkeeper render"
        )
        return FileResult(file, 0, (missing,), from_cache=False)
    text = proof.decode("utf-8", "replace")
    tests, checks = len(_TEST.findall(text)), len(_CHECK.findall(text))
    if (tests, checks) != (len(file.scenarios), file.checks):
        # promtool accepts an empty file: only the numbers of tests and checks show that nothing is missing.
        words = f"the file has {checks} checks in {tests} scenarios instead of {file.checks} in {len(file.scenarios)}"
        odd = FailedScenario(file.path, file.owner, (), (), f"{words}; run: watchkeeper render")
        return FileResult(file, checks, (odd,), from_cache=False)
    key = key_of(rules, proof, tool)
    if cache and has_passed(key):
        return FileResult(file, checks, (), from_cache=True)
    outcome = run([str(tool.path), "test", "rules", str(root / file.path)], timeout=_TIMEOUT_SECONDS)
    if outcome.returncode == 0:
        remember(key)
        return FileResult(file, checks, (), from_cache=False)
    failures = failed_scenarios(tool.path, file, root)
    if not failures:
        failures = (
            FailedScenario(file.path, file.owner, (), (), (outcome.stdout + outcome.stderr).strip()[:2000]),
        )
    return FileResult(file, checks, failures, from_cache=False)


def _columns(plan: Plan, files: Sequence[FileResult]) -> Iterator[Proven]:
    columns: dict[tuple[str, str], bool] = {}
    for result in files:
        failed = {failure.title: failure for failure in result.failures}
        whole = any(
            not result.file.scenarios or failure.title == result.file.owner for failure in result.failures
        )
        for scenario in result.file.scenarios:
            failure = failed.get(scenario.title)
            against = blamed(failure, scenario) if failure is not None else set()
            for check in scenario.alerts:
                key = (check.alert, check.aspect)
                columns[key] = columns.get(key, True) and key not in against and not whole
    for service in plan.services:
        for alert in service.all_alerts:
            fires, silent, resolves = (
                columns.get((alert.name, aspect)) for aspect in ("fires", "silent", "resolves")
            )
            yield Proven(service.name, alert.name, fires, silent, resolves)
