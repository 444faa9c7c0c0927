"""Run the proofs in promtool on the published rules: one of each shape, as many at once as there are cores."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from watchkeeper.plan.plan import Plan
from watchkeeper.plan.proofs.proof_text import ProofText
from watchkeeper.toolchain import Tool, find
from watchkeeper.verify.promtool import run
from watchkeeper.verify.proof_cache import discard, forget, has_passed, key_of, remember, written
from watchkeeper.verify.proof_failure import FailedScenario, failed_scenarios, said, whole_failure
from watchkeeper.verify.proof_list import ProofFile, proof_files, unproven
from watchkeeper.verify.proof_results import FileResult, ProofResults, columns
from watchkeeper.verify.shape import RulesShape
from watchkeeper.verify.shared_failure import shared_failure

# Called with how many proof files are done, of how many.
Progress = Callable[[int, int], None]
_TEST = re.compile(r"^  - name: ", re.MULTILINE)
_CHECK = re.compile(r"^      - expr: ", re.MULTILINE)
_TIMEOUT_SECONDS = 600


@dataclass(frozen=True, slots=True)
class _Work:
    """A file to run for all files of its shape; `key` names what its verdict depends on."""

    key: str
    files: tuple[ProofFile, ...]
    text: ProofText


def check_proofs(
    plan: Plan,
    root: Path,
    texts: Iterable[ProofText],
    *,
    jobs: int | None = None,
    cache: bool = True,
    progress: Progress | None = None,
) -> ProofResults:
    """Run the proofs on the rules under `root`; with `cache`, those that passed before are not run again."""
    tool, wanted = find("promtool"), proof_files(plan)
    if tool is None:
        return ProofResults(None, (), (), unproven(plan))
    forget()
    missing, work = _work(wanted, root, {one.path: one for one in texts}, tool)
    done, total = list(missing), len(wanted)
    with ThreadPoolExecutor(jobs or os.cpu_count() or 1) as pool:
        pending = [pool.submit(_results, one, root, tool, cache=cache) for one in work]
        try:
            for future in as_completed(pending):
                done += future.result()
                if progress is not None:
                    progress(len(done), total)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    files = tuple(sorted(done, key=lambda result: result.file.path))
    return ProofResults(tool, files, tuple(columns(plan, files)), unproven(plan))


def _work(
    wanted: Iterable[ProofFile], root: Path, texts: dict[str, ProofText], tool: Tool
) -> tuple[list[FileResult], list[_Work]]:
    """Return the files without rules, and the others by what their verdicts depend on."""
    missing: list[FileResult] = []
    groups: dict[str, list[ProofFile]] = {}
    shapes: dict[str, tuple[str, RulesShape]] = {}
    for file in wanted:
        if file.rules not in shapes:
            try:
                rules = (root / file.rules).read_text(encoding="utf-8", errors="surrogateescape")
            except OSError:
                words = f"{file.rules} is missing; run: watchkeeper render"
                missing.append(FileResult(file, (whole_failure(file, file.path, words),), "played"))
                continue
            shapes[file.rules] = (rules, RulesShape(rules, file.names))
        groups.setdefault(_key(*shapes[file.rules], texts[file.path], tool), []).append(file)
    return missing, [_Work(key, tuple(files), texts[files[0].path]) for key, files in groups.items()]


def _key(rules: str, shape: RulesShape, proof: ProofText, tool: Tool) -> str:
    shared = shape.key(proof)
    if shared is not None:
        return key_of(tool, "shape", shared)
    return key_of(tool, "itself", rules, *proof.pieces, *(f"{slot} {name}" for slot, name in proof.names.items()))


def _results(work: _Work, root: Path, tool: Tool, *, cache: bool) -> list[FileResult]:
    first, *others = work.files
    if cache and has_passed(work.key):
        return [FileResult(first, (), "cache"), *(FileResult(other, (), "shape") for other in others)]
    failures = _play(first, work.text, root, tool)
    if not failures:
        remember(work.key)
    return [
        FileResult(first, failures, "played"),
        *(
            FileResult(other, tuple(shared_failure(one, first, other) for one in failures), "shape")
            for other in others
        ),
    ]


def _play(file: ProofFile, proof: ProofText, root: Path, tool: Tool) -> tuple[FailedScenario, ...]:
    text = proof.text(str((root / file.rules).absolute()))
    tests, checks = len(_TEST.findall(text)), len(_CHECK.findall(text))
    if (tests, checks) != (len(file.scenarios), file.checks):
        # promtool accepts an empty file: only the numbers of tests and checks show that nothing is missing.
        words = f"the file has {checks} checks in {tests} scenarios instead of {file.checks} in {len(file.scenarios)}"
        return (whole_failure(file, file.path, words),)
    with written(text, file.path.rpartition("/")[2]) as path:
        outcome = run([str(tool.path), "test", "rules", str(path)], timeout=_TIMEOUT_SECONDS)
        if outcome.returncode == 0:
            discard(path)
            return ()
        failures = failed_scenarios(tool.path, file, root, path, text)
        return failures or (whole_failure(file, str(path), said(outcome.stdout + outcome.stderr, root)),)
