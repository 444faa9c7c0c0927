"""Play the published proofs with promtool, as many at once as there are cores, and only those that changed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from watchkeeper.plan.plan import Plan
from watchkeeper.toolchain import Tool, find
from watchkeeper.verify.promtool import run
from watchkeeper.verify.proof_cache import has_passed, key_of, remember
from watchkeeper.verify.proof_failure import FailedStory, blamed, failed_stories
from watchkeeper.verify.proof_list import ProofFile, Unproven, proof_files, unproven

# Called with how many proof files are done, of how many.
Progress = Callable[[int, int], None]
_TEST = re.compile(r"^  - name: ", re.MULTILINE)
_CHECK = re.compile(r"^      - expr: ", re.MULTILINE)
_TIMEOUT_SECONDS = 600


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one file of proofs: how many moments it looked at, and the stories that failed."""

    file: ProofFile
    checks: int
    failures: tuple[FailedStory, ...]
    from_cache: bool


@dataclass(frozen=True, slots=True)
class Proven:
    """One alert's columns: whether it fires, stays silent and resolves as planned; None where nothing says so."""

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
    def failures(self) -> tuple[FailedStory, ...]:
        """Return all failed stories."""
        return tuple(failure for file in self.files for failure in file.failures)

    @property
    def checks(self) -> int:
        """Return at how many moments something was looked at."""
        return sum(file.checks for file in self.files)


def check_proofs(
    plan: Plan, root: Path, *, jobs: int | None = None, cache: bool = True, progress: Progress | None = None
) -> ProofResults:
    """Play every proof that stands under `root`; `cache` lets what passed before pass unseen."""
    tool, wanted = find("promtool"), proof_files(plan)
    if tool is None:
        return ProofResults(None, (), (), unproven(plan))
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
    return ProofResults(tool, files, tuple(_columns(plan, files)), unproven(plan))


def _play(file: ProofFile, root: Path, tool: Tool, *, cache: bool) -> FileResult:
    try:
        rules, proof = (root / file.rules).read_bytes(), (root / file.path).read_bytes()
    except OSError as error:
        missing = FailedStory(
            file.path, file.owner, (), (), f"{error.filename} is missing; run: watchkeeper render"
        )
        return FileResult(file, 0, (missing,), from_cache=False)
    text = proof.decode("utf-8", "replace")
    tests, checks = len(_TEST.findall(text)), len(_CHECK.findall(text))
    if (tests, checks) != (len(file.stories), file.checks):
        # promtool is content with an empty file: only the number that ran counts.
        words = f"{checks} checks in {tests} stories stand where {file.checks} in {len(file.stories)} should"
        odd = FailedStory(file.path, file.owner, (), (), f"{words}; run: watchkeeper render")
        return FileResult(file, checks, (odd,), from_cache=False)
    key = key_of(rules, proof, tool)
    if cache and has_passed(key):
        return FileResult(file, checks, (), from_cache=True)
    outcome = run([str(tool.path), "test", "rules", str(root / file.path)], timeout=_TIMEOUT_SECONDS)
    if outcome.returncode == 0:
        remember(key)
        return FileResult(file, checks, (), from_cache=False)
    failures = failed_stories(tool.path, file, root)
    if not failures:
        failures = (
            FailedStory(file.path, file.owner, (), (), (outcome.stdout + outcome.stderr).strip()[:2000]),
        )
    return FileResult(file, checks, failures, from_cache=False)


def _columns(plan: Plan, files: Sequence[FileResult]) -> Iterator[Proven]:
    told: dict[tuple[str, str], bool] = {}
    for result in files:
        failed = {failure.title: failure for failure in result.failures}
        whole = any(
            not result.file.stories or failure.title == result.file.owner for failure in result.failures
        )
        for story in result.file.stories:
            failure = failed.get(story.title)
            against = blamed(failure, story) if failure is not None else set()
            for check in story.alerts:
                key = (check.alert, check.aspect)
                told[key] = told.get(key, True) and key not in against and not whole
    for service in plan.services:
        for alert in service.all_alerts:
            fires, silent, resolves = (
                told.get((alert.name, aspect)) for aspect in ("fires", "silent", "resolves")
            )
            yield Proven(service.name, alert.name, fires, silent, resolves)
