"""The local Sentry server as a container: its settings and data are the folder that the native stack uses too."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from watchkeeper.backends.compose import PROMETHEUS_USER, SENTRY_FOLDER, SENTRY_PORT, SENTRY_USER
from watchkeeper.model.stack import LOOPBACK
from watchkeeper.plan.plan import Plan
from watchkeeper.stack.compose.engine import Compose
from watchkeeper.stack.sentry.bugsink_data import IN_CONTAINERS, prepare, unprepared
from watchkeeper.stack.sentry.local_sentry import data_folder, project_name
from watchkeeper.stack.state import State


def sentry_variables(state: State) -> dict[str, str]:
    """Return what the Compose file reads: the folder, and the user to whom it belongs, who is never root."""
    user = PROMETHEUS_USER if os.getuid() == 0 else f"{os.getuid()}:{os.getgid()}"
    return {SENTRY_FOLDER: str(data_folder(state).absolute()), SENTRY_USER: user}


def with_prepared_sentry(compose: Compose, plan: Plan, state: State) -> tuple[Compose, str]:
    """Prepare the data where needed, and return Compose that lets the demo send its errors, and the DSN on this machine.

    Raise StackError. The image must be there.
    """
    run = _InContainer(compose, data_folder(state), compose.variables[SENTRY_USER])
    port = plan.stack.ports.sentry
    project = prepare(run.folder, run, port=port, project=project_name(plan))
    run.hand_over()
    variables = {**compose.variables, "SENTRY_DSN": project.dsn(IN_CONTAINERS, SENTRY_PORT)}
    return replace(compose, variables=variables), project.dsn(LOOPBACK, port)


@dataclass(frozen=True, slots=True)
class _InContainer:
    """Runs one of the server's commands in a container of its own."""

    compose: Compose
    folder: Path
    user: str

    def __call__(self, *words: str, text: str = "") -> str:
        self.hand_over()
        done = self.compose.run_once("sentry", "bugsink-manage", *words, text=text)
        if done.returncode:
            raise unprepared(self.folder, done.stderr)
        return done.stdout

    def hand_over(self) -> None:
        """Give what root wrote to the container's user."""
        if os.getuid():
            return
        uid, gid = map(int, self.user.split(":"))
        for path in (self.folder, *self.folder.rglob("*")):
            os.chown(path, uid, gid, follow_symlinks=False)
