"""The complete report of verify: checks of files, proofs and routes, and one row for each alert."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from watchkeeper.plan.plan import Plan
from watchkeeper.plan.proofs.proof_text import ProofText
from watchkeeper.verify.dashboards.check_grafana import check_grafana
from watchkeeper.verify.outcome import Outcome, Reach
from watchkeeper.verify.play_proofs import check_proofs
from watchkeeper.verify.proof_list import assumptions
from watchkeeper.verify.proof_results import ProofResults, Proven
from watchkeeper.verify.published_files import check_files
from watchkeeper.verify.routing.check_routing import check_routing
from watchkeeper.verify.routing.routing_fault import RoutingFault
from watchkeeper.verify.runbooks.check_runbooks import check_runbooks

# Called with the current activity, and optionally how much is done of how much.
Progress = Callable[..., None]
ASPECTS = ("fires", "silent", "resolves")


@dataclass(frozen=True, slots=True)
class Row:
    """One alert: what its proof shows and assumes, and which receivers it reaches."""

    proven: Proven
    reach: Reach | None
    unproven: str | None
    assumed: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        """Return whether no column is false."""
        wrong = [getattr(self.proven, aspect) is False for aspect in ASPECTS]
        return not any(wrong) and (self.reach is None or self.reach.is_right)


@dataclass(frozen=True, slots=True)
class Report:
    """The checks in their order, the rows in the plan's, the proofs behind them, and what is wrong with the routing."""

    outcomes: tuple[Outcome, ...]
    rows: tuple[Row, ...]
    proofs: ProofResults
    routing: tuple[RoutingFault, ...] = ()

    @property
    def passed(self) -> bool:
        """Return whether nothing failed or was skipped; the compose check may be skipped."""
        return not any(
            outcome.verdict == "failed" or (outcome.verdict == "skipped" and outcome.check != "compose file")
            for outcome in self.outcomes
        )


def make_report(
    plan: Plan,
    root: Path,
    texts: Iterable[ProofText],
    *,
    dashboards: Iterable[str],
    drift: int,
    jobs: int | None,
    cache: bool,
    strict: bool,
    progress: Progress,
) -> Report:
    """Run every check on the files under `root`, and the proofs `texts`; `drift` is how many files differ from the spec.

    `dashboards` are the paths of the dashboards that the spec renders.
    """
    differ = f"{drift} {'file differs' if drift == 1 else 'files differ'} from the spec"
    words = f"{differ}; see: watchkeeper check" if drift else "every file matches the spec"
    outcomes = [Outcome("drift", "failed" if drift else "ok", words)]
    dashboards = tuple(dashboards)
    for outcome in (
        *check_files(plan, root, cache=cache),
        *check_grafana(plan, root, dashboards),
        *check_runbooks(plan, root, dashboards),
    ):
        progress(f"checking {outcome.check}")
        outcomes.append(outcome)
    proofs = check_proofs(
        plan,
        root,
        texts,
        jobs=jobs,
        cache=cache,
        progress=lambda done, total: progress("running proofs", done, total),
    )
    outcomes.append(_proofs(proofs, plan, strict=strict))
    progress("checking routes")
    routing = check_routing(plan, root)
    outcomes += routing.outcomes
    return Report(tuple(outcomes), tuple(_rows(plan, proofs, routing.reaches)), proofs, routing.faults)


def _rows(plan: Plan, proofs: ProofResults, reaches: Mapping[tuple[str, str], Reach]) -> list[Row]:
    proven = {(one.service, one.alert): one for one in proofs.alerts}
    assumed = assumptions(plan)
    reasons = {(one.service, one.alert): one.reason for one in proofs.unproven}
    keys = [(alert.service, alert.name) for service in plan.alerting_services for alert in service.all_alerts]
    nothing = [Proven(service, alert, None, None, None) for service, alert in keys]
    return [
        Row(proven.get(key, none), reaches.get(key), reasons.get(key), assumed.get(key, ()))
        for key, none in zip(keys, nothing, strict=True)
    ]


def _proofs(proofs: ProofResults, plan: Plan, *, strict: bool) -> Outcome:
    if proofs.tool is None:
        return Outcome("proofs", "skipped", "promtool is missing; build it with: watchkeeper tools")
    if not any(service.all_alerts for service in plan.alerting_services):
        return Outcome("proofs", "ok", "the spec has no alert")
    scenarios = proofs.scenarios()
    failures, bare = len(proofs.failures), len(proofs.unproven)
    unproven = f"; {bare} {'alert is' if bare == 1 else 'alerts are'} UNPROVEN" if bare else ""
    if failures:
        return Outcome(
            "proofs", "failed", f"{failures} of {scenarios} scenarios do not end as planned{unproven}"
        )
    verdict = "failed" if bare and strict else "ok"
    return Outcome("proofs", verdict, f"{_run(proofs)}{unproven}")  # type: ignore[arg-type]


def _run(proofs: ProofResults) -> str:
    """Return how much was really run."""
    words = [
        f"{proofs.checks} checks in {proofs.scenarios()} scenarios: {proofs.scenarios('played')} played",
        *([f"{known} known from earlier runs"] if (known := proofs.scenarios("cache")) else ()),
    ]
    if shared := proofs.alerts_by_shape:
        words.append(f"{shared} {'alert' if shared == 1 else 'alerts'} proven by equal shape")
    return ", ".join(words)
