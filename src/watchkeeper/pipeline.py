"""The one way through the rooms: read, plan, render. Nothing is written here."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Protocol

from watchkeeper import targets
from watchkeeper.backends import (
    alertmanager,
    compose,
    gitignore,
    grafana,
    instrumentation,
    jaeger,
    native,
    prometheus,
    proof_pages,
    proofs,
    rules,
    runbooks,
    secrets_readme,
)
from watchkeeper.model.finding import Finding
from watchkeeper.model.spec import Spec
from watchkeeper.naming import root_of as root_of
from watchkeeper.plan.plan import Plan
from watchkeeper.plan.planner import make_plan
from watchkeeper.plan.proofs.proof_text import ProofText
from watchkeeper.plan.route_findings import route_findings
from watchkeeper.plan.slo.findings import slo_findings
from watchkeeper.spec.problem import Problem, SpecRejected
from watchkeeper.spec.promql.references import PromqlChecker
from watchkeeper.spec.read import read_spec


class Backend(Protocol):
    """A pure function from the plan to texts by their path under the root."""

    def __call__(self, plan: Plan, /) -> Mapping[str, str]: ...


BACKENDS: Final[tuple[Backend, ...]] = (
    prometheus.render,
    rules.render,
    proof_pages.render,
    alertmanager.render,
    grafana.render,
    jaeger.render,
    compose.render,
    native.render,
    instrumentation.render,
    runbooks.render,
    gitignore.render,
    secrets_readme.render,
)


def load_spec(spec_path: Path, checker: PromqlChecker) -> tuple[Spec, tuple[Problem, ...]]:
    """Return the spec with its warnings and notes, including those of the plan; raise SpecRejected.

    `checker` returns the syntax errors of PromQL expressions; every command passes promtool's.
    """
    spec, problems = read_spec(spec_path, shown_as=spec_path.as_posix(), checker=checker)
    found = [_problem(one) for one in (*slo_findings(spec), *route_findings(spec))]
    problems = tuple(sorted({*problems, *found}))
    if any(problem.level == "error" for problem in problems):
        raise SpecRejected(problems)
    return spec, problems


def load_plan(spec_path: Path, checker: PromqlChecker) -> Plan:
    """Return the plan of a spec; raise SpecRejected."""
    return plan_of(load_spec(spec_path, checker)[0], spec_path)


def plan_of(spec: Spec, spec_path: Path) -> Plan:
    """Return the plan of a loaded spec."""
    root = root_of(spec_path)
    files = {service.where.file for service in spec.services}
    return make_plan(
        spec,
        source=spec_path.absolute().relative_to(root).as_posix(),
        sources={file: Path(os.path.relpath(file, root)).as_posix() for file in files},
    )


def render_files(plan: Plan) -> dict[str, str]:
    """Return every rendered file by its path under the root; raise SpecRejected where a team's template fails."""
    files: dict[str, str] = {}
    for render in BACKENDS:
        try:
            rendered = render(plan)
        except runbooks.TemplateFailed as failed:
            raise SpecRejected([_problem(failed.finding)]) from None
        twice = files.keys() & rendered.keys()
        if twice:
            raise RuntimeError(f"two backends render {sorted(twice)}")
        files.update(rendered)
    return files


def render_runbook_site(plan: Plan, files: Mapping[str, str]) -> dict[str, str]:
    """Return the HTML pages of the runbooks among the rendered files, for a folder of their own."""
    # What reads Markdown is an extra that no other page needs.
    from watchkeeper.backends import runbook_site

    return runbook_site.render(plan, files)


def render_target(plan: Plan, target: str) -> dict[str, str]:
    """Return the files of one target for a folder of their own; raise SpecRejected where it would refuse them."""
    try:
        return targets.RENDERERS[target](plan)
    except targets.DoesNotFit as refused:
        raise SpecRejected(map(_problem, refused.findings)) from None


def evaluated_by(plan: Plan, target: str) -> Plan:
    """Return the plan as a target evaluates it, with its delay in every computed time."""
    return targets.evaluated_by(plan, targets.PROFILES[target])


def _problem(found: Finding) -> Problem:
    return Problem(found.where, found.code, found.message, found.remedy)


def proof_texts(plan: Plan) -> Iterator[ProofText]:
    """Yield the proofs of every alert in promtool's format; `verify` runs them, and no render contains them."""
    return proofs.proof_texts(plan)


def render_proofs(plan: Plan, *, root: str) -> dict[str, str]:
    """Return the files for a folder of proofs; `root` leads from there to the root of the published files."""
    return proofs.render(plan, root=root)
