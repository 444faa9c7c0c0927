"""Run the proofs in promtool on the published rules: one of each shape, as many at once as there are cores."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from watchkeeper.plan.plan import Plan
from watchkeeper.plan.proofs.proof_text import ProofText
from watchkeeper.toolchain import Tool, find
from watchkeeper.verify.native_proofs import readable
from watchkeeper.verify.promtool import run
from watchkeeper.verify.proof_cache import discard, forget, key_of, recall, remember, written
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
    wanted, unreadable = readable(plan, wanted, tool)
    forget()
    by_path = {one.path: one for one in texts}
    rules = _published(wanted, root)
    every = key_of(tool, "all", *rules.values(), *(part for one in by_path.values() for part in one.parts))
    known = recall(every) if cache else None
    if known is not None:
        played = set(known.splitlines())
        files = tuple(FileResult(one, (), "cache" if one.path in played else "shape") for one in wanted)
    else:
        work = _work([file for file in wanted if file.rules in rules], rules, by_path, tool)
        done = [_missing(file) for file in wanted if file.rules not in rules]
        done += _in_parallel(work, root, tool, jobs=jobs, cache=cache, progress=progress)
        files = tuple(done)
        if not any(result.failures for result in files):
            remember(every, "\n".join(one.files[0].path for one in work))
    files = tuple(sorted(files, key=lambda result: result.file.path))
    return ProofResults(tool, files, tuple(columns(plan, files)), (*unproven(plan), *unreadable))


def _published(wanted: Iterable[ProofFile], root: Path) -> dict[str, str]:
    """Return the rule files that are there, by their paths."""
    found = {}
    for path in dict.fromkeys(file.rules for file in wanted):
        with suppress(OSError):
            found[path] = (root / path).read_text(encoding="utf-8", errors="surrogateescape")
    return found


def _missing(file: ProofFile) -> FileResult:
    words = f"{file.rules} is missing; run: watchkeeper render"
    return FileResult(file, (whole_failure(file, file.path, words),), "played")


def _work(
    wanted: Iterable[ProofFile], rules: Mapping[str, str], texts: Mapping[str, ProofText], tool: Tool
) -> list[_Work]:
    """Return the files to run, each for all files whose verdicts depend on the same."""
    groups: dict[str, list[ProofFile]] = {}
    shapes: dict[str, RulesShape] = {}
    for file in wanted:
        if file.rules not in shapes:
            shapes[file.rules] = RulesShape(rules[file.rules], file.names)
        proof = texts[file.path]
        shared = shapes[file.rules].key(proof)
        own = ("itself", rules[file.rules], *proof.parts)
        key = key_of(tool, *(("shape", shared) if shared is not None else own))
        groups.setdefault(key, []).append(file)
    return [_Work(key, tuple(files), texts[files[0].path]) for key, files in groups.items()]


def _in_parallel(
    work: Sequence[_Work],
    root: Path,
    tool: Tool,
    *,
    jobs: int | None,
    cache: bool,
    progress: Progress | None,
) -> list[FileResult]:
    done: list[FileResult] = []
    total = sum(len(one.files) for one in work)
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
    return done


def _results(work: _Work, root: Path, tool: Tool, *, cache: bool) -> list[FileResult]:
    first, *others = work.files
    if cache and recall(work.key) is not None:
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
