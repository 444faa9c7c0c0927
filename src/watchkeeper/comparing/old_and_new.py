"""Compare a tool's rule files with the objectives of a plan that was imported from the same tool."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from watchkeeper.comparing.courses import Course
from watchkeeper.comparing.played_rules import Group, groups_of, old_rules, our_rules
from watchkeeper.comparing.who_is_right import Compared, compared
from watchkeeper.plan.plan import Plan
from watchkeeper.plan.proofs.series.chosen_labels import Unprovable
from watchkeeper.spec.document.load import load_files
from watchkeeper.spec.problem import Problem, SpecRejected

STACK = "stack: {scrape_interval: 1m, evaluation_interval: 1m}\n"
"""What a played spec has beside its objectives: rules for a scrape and an evaluation a minute."""


@dataclass(frozen=True, slots=True)
class Objective:
    """An objective with what each course showed; `reason` says why there is nothing."""

    slo_id: str
    found: tuple[Compared, ...]
    reason: str = ""

    @property
    def is_right(self) -> bool:
        """Return whether the imported rules are right everywhere, by the counts."""
        incidents = (each for one in self.found for each in one.incidents)
        paged, figures = (each.right[1] for each in incidents), (one.budget.right[1] for one in self.found)
        return bool(self.found) and all(paged) and all(figures)


def read_groups(paths: Sequence[Path]) -> list[Group]:
    """Return the rule groups of files; raise SpecRejected with all that is wrong."""
    groups: list[Group] = []
    problems: list[Problem] = []
    for documents in load_files(paths, problems):
        for document in documents:
            own, problem = groups_of(document.root)
            groups += own
            problems += [problem] if problem is not None else []
    if problems:
        raise SpecRejected(problems)
    return groups


def compare(
    plan: Plan,
    texts: Mapping[str, str],
    tool: str,
    groups: Sequence[Group],
    courses: Sequence[Course],
    promtool: Path,
) -> Iterator[Objective]:
    """Yield each objective of the plan, as soon as it was played; `texts` are the rendered files by path."""
    for service in plan.services:
        for slo in service.slos:
            old = old_rules(tool, groups, slo)
            if old is None:
                yield Objective(slo.slo_id, (), "the rule files have no rules of it")
                continue
            both = (old, our_rules(texts[slo.rules_path], slo))
            try:
                found = tuple(compared(slo, service.spec, both, courses, promtool))
            except Unprovable as why:
                yield Objective(slo.slo_id, (), f"its requests cannot be played: {why}")
            except RuntimeError as error:
                yield Objective(slo.slo_id, (), f"promtool cannot play its rules: {error}")
            else:
                yield Objective(slo.slo_id, found)
