"""The status of a running stack at one moment, and whether all of it is healthy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath

from watchkeeper.local_http import NoAnswer, failure_reason
from watchkeeper.stack import record as records
from watchkeeper.stack.native.rpc import Unreachable
from watchkeeper.stack.native.supervisor import Supervisor
from watchkeeper.stack.processes import marked
from watchkeeper.stack.record import Record
from watchkeeper.stack.state import State
from watchkeeper.stack.view.endpoints import Endpoints, Mode, health_checks
from watchkeeper.stack.view.observed import Observed, observe

# What a program opens when it starts, below the folder of the data. It goes on without: what it writes is lost at its end.
_STORES = {"prometheus": "prometheus/wal", "alertmanager": "alertmanager", "jaeger": "jaeger/keys"}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the stack: its state, its start (Unix seconds, 0 if unknown), and whether it answers.

    `problem` is empty for a part that runs and, if it has a health check, answers.
    """

    name: str
    state: str
    pid: int
    since: float
    problem: str


@dataclass(frozen=True, slots=True)
class Status:
    """The current state of the stack; `observed` is None while Prometheus does not answer."""

    mode: Mode
    endpoints: Endpoints
    redirected: tuple[str, ...]
    parts: tuple[Part, ...]
    observed: Observed | None
    problems: tuple[str, ...]

    @property
    def healthy(self) -> bool:
        """Return whether every part answers, every target is up and every rule is ok."""
        return not self.problems


def current_status(state: State) -> Status | None:
    """Return the status of the stack in a state folder, or None when nothing runs there; raise StackError."""
    record = records.load(state)
    if record is None:
        return None
    parts = _native_parts(state) if record.mode == "native" else _containers(record)
    if not parts:
        return None
    checked = _checked(parts, record.endpoints)
    if record.mode == "native":
        checked = tuple(with_its_store(part, state) for part in checked)
    try:
        observed = observe(record.endpoints.prometheus)
    except NoAnswer:
        observed = None
    problems = problems_of(checked, observed)
    return Status(record.mode, record.endpoints, record.redirected, checked, observed, problems)


def running_endpoints(state: State) -> Endpoints | None:
    """Return the addresses of the stack that runs in a state folder, or None; raise StackError. Asks no server of it."""
    record = records.load(state)
    if record is None:
        return None
    parts = _native_parts(state) if record.mode == "native" else _containers(record)
    return record.endpoints if parts else None


def _native_parts(state: State) -> tuple[Part, ...]:
    try:
        programs = Supervisor(state).programs().values()
    except Unreachable:
        left = marked(state)
        problem = "it has ended, but left these processes: watchkeeper down ends them"
        orphans = [Part("supervisord", "GONE", 0, 0, problem)] if left else []
        return (*orphans, *(Part(_short(each.command), "ORPHAN", each.pid, 0, "") for each in left))
    # Programs that were never started are not part of the stack, such as sinks when no secret is missing.
    started = [each for each in programs if each.since or each.runs]
    return tuple(
        Part(
            each.name, each.state, each.pid, each.since, "" if each.runs else each.remark or "it does not run"
        )
        for each in started
    )


def _short(command: str) -> str:
    """Return a command without its program's folders, cut to the width of a table's column."""
    program, _, arguments = command.partition(" ")
    return f"{PurePath(program).name} {arguments}"[:40].strip()


def _containers(record: Record) -> tuple[Part, ...]:
    from watchkeeper.stack.compose.compose_stack import running_compose
    from watchkeeper.stack.compose.engine import engine_answers

    if not engine_answers():
        return ()
    return tuple(
        Part(
            each.service,
            each.health or each.state,
            0,
            0,
            "" if _is_healthy(each.state, each.health) else each.status,
        )
        for each in running_compose(record).containers()
    )


def _is_healthy(state: str, health: str) -> bool:
    return state == "running" and health in ("", "healthy", "starting")


def _checked(parts: tuple[Part, ...], at: Endpoints) -> tuple[Part, ...]:
    checks = health_checks(at)
    return tuple(
        part
        if part.problem
        else Part(part.name, part.state, part.pid, part.since, _unanswered(part.name, checks))
        for part in parts
    )


def _unanswered(name: str, checks: Mapping[str, str]) -> str:
    reason = failure_reason(checks[name]) if name in checks else ""
    return f"does not answer: {reason}" if reason else ""


def with_its_store(part: Part, state: State) -> Part:
    """Return the part, with a problem when its data are no longer on the disk."""
    store = _STORES.get(part.name)
    if part.problem or store is None or (where := state.folder / "data" / store).is_dir():
        return part
    remedy = "`watchkeeper down`, then `watchkeeper up --mode native` begins new data"
    return replace(part, problem=f"its data are gone, {where} is missing: {remedy}")


def problems_of(parts: tuple[Part, ...], observed: Observed | None) -> tuple[str, ...]:
    """Return a line for each part, target and rule that is unhealthy."""
    broken = [f"{part.name}: {part.problem}" for part in parts if part.problem]
    return (*broken, *_observed_problems(observed))


def _observed_problems(observed: Observed | None) -> list[str]:
    if observed is None:
        return ["Prometheus does not answer, so targets and rules are unknown"]
    down = [each for each in observed.targets if each.health != "ok"]
    broken = [each for each in observed.rules if each.health == "failing"]
    lines = [f"target {each.job} {each.address}: {each.reason or 'not scraped yet'}" for each in down]
    return lines + [f"rule {each.name}: {each.error}" for each in broken]
