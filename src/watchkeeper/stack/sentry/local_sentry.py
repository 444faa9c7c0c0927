"""The local Sentry server as the native stack sees it: programs, and the DSN to which errors are sent."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from watchkeeper.model.stack import LOOPBACK
from watchkeeper.plan.plan import Plan
from watchkeeper.stack.progress import Progress
from watchkeeper.stack.sentry.bugsink_data import PASSWORD_FILE, USER, manage, prepare
from watchkeeper.stack.sentry.bugsink_programs import bugsink_programs
from watchkeeper.stack.state import State


@dataclass(frozen=True, slots=True)
class LocalSentry:
    """A server that is ready to start: the folder of its programs, and the DSN of its one project."""

    programs: Path
    dsn: str


def prepared_sentry(plan: Plan, state: State, progress: Progress) -> LocalSentry:
    """Install the server and prepare its data where needed; raise StackError. The state folder must exist."""
    programs = bugsink_programs(progress)
    progress.show("preparing the local Sentry server")
    folder, port = data_folder(state), plan.stack.ports.sentry
    project = prepare(folder, partial(manage, folder, programs), port=port, project=project_name(plan))
    return LocalSentry(programs, project.dsn(LOOPBACK, port))


def project_name(plan: Plan) -> str:
    """Return the name of the server's project: the demo's."""
    return next((service.name for service in plan.services if service.is_demo), "service")


def environment_of(sentry: LocalSentry | None) -> dict[str, str]:
    """Return what the process file reads, and for the demo and its page where errors go."""
    if sentry is None:
        return {"WATCHKEEPER_WITH_SENTRY": "false", "WATCHKEEPER_BUGSINK_PROGRAMS": ""}
    return {
        "WATCHKEEPER_WITH_SENTRY": "true",
        "WATCHKEEPER_BUGSINK_PROGRAMS": str(sentry.programs),
        "SENTRY_DSN": sentry.dsn,
        "VITE_SENTRY_DSN": sentry.dsn,
    }


def sentry_remarks(dsn: str, state: State) -> tuple[str, ...]:
    """Return how a person logs in and how another service sends its errors to the DSN, one remark each."""
    if not dsn:
        return ()
    return (
        f"Sentry's user is {USER}, the password is in {data_folder(state) / PASSWORD_FILE}",
        f"another service on this machine sends its errors there with SENTRY_DSN={dsn}",
    )


def data_folder(state: State) -> Path:
    """Return the folder with the server's settings and data."""
    return state.folder / "data" / "sentry"
