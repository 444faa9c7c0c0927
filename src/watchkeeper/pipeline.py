"""The one way through the rooms: read, plan, render. Nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from watchkeeper.model.notify import Notify
from watchkeeper.model.spec import Spec
from watchkeeper.plan.plan import make_plan
from watchkeeper.plan.slo.findings import slo_findings
from watchkeeper.plan.values import Plan
from watchkeeper.spec.problem import Problem, SpecRejected
from watchkeeper.spec.read import read_spec
from watchkeeper.spec.references import Refusals

BACKENDS = (
    "prometheus",
    "rules",
    "proofs",
    "alertmanager",
    "grafana",
    "jaeger",
    "compose",
    "native",
    "instrumentation",
    "runbooks",
)


def root_of(spec_path: Path) -> Path:
    """Return the folder that the render goes to: the one above the spec's `monitoring/`, else the spec's own."""
    folder = spec_path.absolute().parent
    return folder.parent if folder.name == "monitoring" else folder


def load_spec(spec_path: Path) -> tuple[Spec, tuple[Problem, ...]]:
    """Return the spec with its warnings and notes, those of the plan among them; raise SpecRejected."""
    spec, problems = read_spec(spec_path, shown_as=spec_path.as_posix(), judge=_judge)
    found = [Problem(one.where, one.code, one.message, one.remedy) for one in slo_findings(spec)]
    problems = tuple(sorted({*problems, *found}))
    if any(problem.level == "error" for problem in problems):
        raise SpecRejected(problems)
    return spec, problems


def load_plan(spec_path: Path) -> Plan:
    """Return the plan of a spec; raise SpecRejected."""
    return plan_of(load_spec(spec_path)[0], spec_path)


def plan_of(spec: Spec, spec_path: Path) -> Plan:
    """Return the plan of a spec that has been read."""
    return make_plan(spec, source=spec_path.absolute().relative_to(root_of(spec_path)).as_posix())


def plan_with_notify(spec_path: Path, transform: Callable[[Notify], Notify]) -> Plan:
    """Return the plan with other receivers in the same routes; raise SpecRejected."""
    spec, _ = load_spec(spec_path)
    return plan_of(replace(spec, notify=transform(spec.notify)), spec_path)


def render_files(plan: Plan) -> dict[str, str]:
    """Return every rendered file by its path under the root."""
    files: dict[str, str] = {}
    for name in BACKENDS:
        rendered: Mapping[str, str] = import_module(f"watchkeeper.backends.{name}").render(plan)
        twice = files.keys() & rendered.keys()
        if twice:
            raise RuntimeError(f"two backends render {sorted(twice)}")
        files.update(rendered)
    return files


def _judge(exprs: Sequence[str]) -> Refusals:
    from watchkeeper.verify.promtool import syntax_errors

    return syntax_errors(exprs)
