"""What the front page takes from the spec: descriptions, promises, limits and the HTML pages of the runbooks.

It is read once, in the background: until then, and without a readable spec, the page shows what servers say.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from watchkeeper import naming
from watchkeeper.front_page.objective_limits import Limits
from watchkeeper.model.http_dialect import HttpNames
from watchkeeper.overview.expected import Expected
from watchkeeper.report.described import SpecFacts
from watchkeeper.silences.candidates import Candidate

_LEAST_RANGE = 60


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a spec; `range_seconds` is the shortest range over which its counters have a rate.

    `alerts` are those of the spec, None where it cannot be read. `limits` are what its objectives allow in charts.
    `dialects` has the names of HTTP metrics of services whose requests our middleware does not measure.
    `runbooks` contains the text of each page by its path below `/runbooks/`. `problem` says why something is missing.
    """

    facts: SpecFacts = field(default_factory=SpecFacts)
    expected: Expected = Expected()
    alerts: tuple[Candidate, ...] | None = None
    range_seconds: int = _LEAST_RANGE
    limits: Limits = field(default_factory=dict)
    dialects: Mapping[str, HttpNames] = field(default_factory=dict)
    runbooks: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""


class KnownSpec:
    """Reads a spec in a thread of its own."""

    def __init__(self, path: Path | None) -> None:
        """Begin to read; `path` is None where there is no spec."""
        self._known = Known(problem="" if path is None else "The spec is being read.")
        self._read = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(path,), daemon=True)
        self._thread.start()

    def now(self) -> Known:
        """Return what is known so far."""
        return self._known

    def wait(self, seconds: float) -> Known:
        """Return what is known as soon as everything is, or after some seconds."""
        self._read.wait(seconds)
        return self._known

    def _run(self, path: Path | None) -> None:
        try:
            if path is not None:
                self._known = read_known(path)
        finally:
            self._read.set()


def read_known(path: Path) -> Known:
    """Return what a spec says, with the published runbooks; a spec with errors leaves them as plain text."""
    from watchkeeper.front_page.objective_limits import objective_limits
    from watchkeeper.overview.expected import expected
    from watchkeeper.pipeline import plan_of, render_runbook_site
    from watchkeeper.report.described import spec_facts
    from watchkeeper.silences.candidates import planned_candidates
    from watchkeeper.spec.problem import SpecRejected
    from watchkeeper.spec.read import read_spec
    from watchkeeper.spec.spec_digest import spec_digest

    root = naming.root_of(path)
    pages = _published(root)
    try:
        spec, _ = read_spec(path)
        plan = plan_of(spec, path)
    except (SpecRejected, OSError) as error:
        found = error.problems[0].message if isinstance(error, SpecRejected) else error.strerror
        return Known(
            runbooks=_plain(pages), problem=f"The spec cannot be read ({found}): run watchkeeper check."
        )
    return Known(
        facts=spec_facts(spec, spec_digest(path)),
        expected=expected(spec),
        limits=objective_limits(spec.services),
        dialects={one.name: one.http for one in spec.services if not one.http.is_ours},
        alerts=planned_candidates(plan),
        range_seconds=max(_LEAST_RANGE, int(spec.stack.least_window.seconds)),
        runbooks=render_runbook_site(plan, pages) if _can_read_markdown() else _plain(pages),
    )


def _published(root: Path) -> dict[str, str]:
    """Return the Markdown of runbooks and proofs as alerts link to them: what is on disk, by path under the root."""
    folders = (naming.RUNBOOKS, naming.PROOF_PAGES)
    files = sorted(file for folder in folders for file in (root / folder).rglob("*.md"))
    return {
        file.relative_to(root).as_posix(): file.read_text(encoding="utf-8", errors="replace")
        for file in files
    }


def _plain(pages: Mapping[str, str]) -> dict[str, str]:
    start = f"{naming.RUNBOOKS}/"
    return {path.removeprefix(start): text for path, text in pages.items() if path.startswith(start)}


def _can_read_markdown() -> bool:
    from importlib.util import find_spec

    return find_spec("markdown_it") is not None
