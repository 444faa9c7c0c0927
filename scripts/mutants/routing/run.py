"""Let the routing proof of `verify` loose on each changed configuration."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from scripts.mutants.mutant import Mutant
from scripts.mutants.routing.changes import changes
from scripts.mutants.run import Unproven
from scripts.mutants.trial import Verdict
from watchkeeper.backends import alertmanager
from watchkeeper.pipeline import load_plan
from watchkeeper.plan.plan import Plan
from watchkeeper.verify.promtool import syntax_errors
from watchkeeper.verify.routing.check_routing import check_routing
from watchkeeper.verify.routing.comparison import compared
from watchkeeper.verify.routing.published_config import Unreadable, read_config
from watchkeeper.verify.routing.routing_fault import FILE

EQUIVALENT: Final = Path(__file__).with_name("equivalent.yml")
TEAMS: Final = Path(__file__).with_name("teams.yml")
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Site:
    """A spec with its rendered routing; `name` begins the ids of its mutants."""

    name: str
    plan: Plan
    text: str

    @property
    def path(self) -> Path:
        """Return the rendered file, below the name of a spec that is not the bundled one."""
        return Path(FILE) if self.name == "bundled" else Path(self.name, FILE)


def sites(bundled: Path) -> tuple[Site, ...]:
    """Return the bundled spec and one with teams, rendered."""
    found = []
    for name, spec in (("bundled", bundled), (TEAMS.stem, TEAMS)):
        plan = load_plan(spec, syntax_errors)
        found.append(Site(name, plan, alertmanager.render(plan)[FILE]))
    return tuple(found)


def mutants_of(site: Site) -> Iterator[Mutant]:
    """Yield the mutants of a routing, those that read the same as another or as the original left out."""
    document = yaml.load(site.text, Loader=_LOADER)  # noqa: S506 -- a safe loader
    nodes = yaml.compose(site.text, Loader=_LOADER)
    seen, counted = {_dumped(document)}, Counter[str]()
    for change in changes(document):
        text = _dumped(change.applied(document))
        if text in seen:
            continue
        seen.add(text)
        subject = change.words.split(":")[0].split(" ")[0]
        name = f"{site.name}/{subject}/{change.kind.replace(' ', '-')}"
        counted[name] += 1
        line = _line(nodes, change.path)
        number = f"{name}-{counted[name]}"
        yield Mutant(number, change.kind, site.path, line, subject, False, change.words, text)


def _dumped(document: Any) -> str:
    # JSON is valid YAML, and written in a hundredth of the time.
    return json.dumps(document, indent=1, ensure_ascii=False)


def _line(node: Any, path: Sequence[str | int]) -> int:
    """Return the line of the place, or of the nearest one around it that the file has."""
    for key in path:
        if isinstance(key, int):
            node = node.value[key]
        else:
            found = [value for name, value in node.value if name.value == key]
            if not found:
                break
            node = found[0]
    return int(node.start_mark.line) + 1


def all_pass(every: Sequence[Site]) -> None:
    """Raise Unproven unless the proof passes on every routing as it is."""
    for site in every:
        if said := _noticed(site, site.text):
            raise Unproven(said)


def tried(
    every: Sequence[Site], mutants: Sequence[Mutant], jobs: int, report: Callable[[Verdict], None]
) -> list[Verdict]:
    """Return the verdicts in the order of the mutants; `report` is called with each as it comes. Raise Unproven."""
    if mutants:
        all_pass(every)
    by_path = {site.path: site for site in every}

    def one(mutant: Mutant) -> Verdict:
        verdict = _verdict(by_path[mutant.path], mutant)
        report(verdict)
        return verdict

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, mutants))


def _verdict(site: Site, mutant: Mutant) -> Verdict:
    said = _noticed(site, mutant.text)
    return Verdict(mutant, "killed" if said else "survived", said)


def _noticed(site: Site, text: str) -> str:
    """Return the first fault that `verify` finds, apart from the file's drift, which it would find as well.

    Alertmanager is asked only about what the comparison does not notice: that is most of the time.
    """
    try:
        faults = compared(site.plan, read_config(text)).faults
    except Unreadable as error:
        return str(error)
    if faults:
        return str(faults[0])
    with tempfile.TemporaryDirectory(prefix="watchkeeper-mutants-") as folder:
        file = Path(folder, FILE)
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")
        faults = check_routing(site.plan, Path(folder)).faults
    return str(faults[0]) if faults else ""
