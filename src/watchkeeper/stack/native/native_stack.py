"""One native stack: the rendered files of a root, run as processes on the loopback address.

A private stack differs from the default one only in its ports and its state folder.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from watchkeeper import __version__
from watchkeeper.backends.native import PATH as PROCESS_FILE
from watchkeeper.plan.plan import Plan
from watchkeeper.stack import record as records
from watchkeeper.stack.configuration import AlertmanagerOverride, alertmanager_view, prometheus_view
from watchkeeper.stack.folder_sync import Link, sync_folder
from watchkeeper.stack.native.program_logs import log_excerpt
from watchkeeper.stack.native.supervisor import Supervisor
from watchkeeper.stack.native.watch import watching
from watchkeeper.stack.ports.wanted_ports import WantedPort, native_ports, require_free
from watchkeeper.stack.progress import Progress
from watchkeeper.stack.record import Record
from watchkeeper.stack.reload import Inputs, inputs_of, reload
from watchkeeper.stack.sentry.local_sentry import LocalSentry, environment_of
from watchkeeper.stack.stack_error import StackError
from watchkeeper.stack.state import State, require_plain
from watchkeeper.stack.view.endpoints import Endpoints, endpoints, log_in
from watchkeeper.stack.view.ready import Findings, Waiting, settle

TOOLS = ("prometheus", "alertmanager", "jaeger")
_START_SECONDS = 60


class NativeStack:
    """The native stack of a rendered root, in a state folder; nothing changes until it is started."""

    def __init__(
        self,
        root: Path,
        *,
        state: State,
        plan: Plan,
        tools: Mapping[str, Path],
        override: AlertmanagerOverride | None = None,
        demo_home: Path | None = None,
        front_page: bool = True,
        sentry: LocalSentry | None = None,
    ) -> None:
        """Describe the stack; `demo_home` is the folder that contains `examples/`, by default the root.

        With `sentry` it has a local server for Sentry's protocol, to which the demo sends its errors.
        """
        self.state = state
        self.supervisor = Supervisor(state)
        self._root = root.resolve()
        self._plan = plan
        self._tools = tools
        self._override = override
        self._demo_home = (demo_home or root).resolve()
        self._has_demo = any(service.is_demo for service in plan.services)
        self._sinks = self._has_demo or override is not None
        self._front_page = front_page
        self._sentry = sentry
        self._spec = self._root / plan.source

    @property
    def endpoints(self) -> Endpoints:
        """Return the addresses of its parts."""
        return endpoints(
            self._plan,
            mode="native",
            sinks=self._sinks,
            front_page=self._front_page,
            sentry=self._sentry is not None,
            root=self._root,
        )

    @property
    def programs(self) -> tuple[str, ...]:
        """Return the names of its programs."""
        demo = ("demo", "load") if self._has_demo else ()
        page = ("front-page",) if self._front_page else ()
        sentry = ("sentry",) if self._sentry is not None else ()
        return (*TOOLS, *sentry, *page, *demo, *(("sinks",) if self._sinks else ()))

    def start(self, progress: Progress | None = None) -> Findings:
        """Start it and return when it is ready; raise StackError before anything is started, StackFailed after.

        After a failure nothing is left running.
        """
        self._require_usable()
        self.supervisor.shutdown()
        require_free(self._ports())
        inputs = self._prepare()
        try:
            self.supervisor.launch(self._root / PROCESS_FILE, self._environment())
            self._remember(inputs)
            self._start_missing()
            return self._wait(progress or Progress(), fresh=True)
        except BaseException:
            self.stop()
            raise

    def update(self, before: Record, progress: Progress | None = None) -> tuple[list[str], Findings]:
        """Update the running stack and return what was done and found.

        Only programs with changed files reload or restart. Raises StackError before anything is changed,
        StackFailed after.
        """
        self._require_usable()
        require_free(each for each in self._ports() if each.port not in before.ports)
        inputs = self._prepare()
        fresh = self.supervisor.update() | self._restart(inputs, before)
        reloaded = sorted(inputs.changed_reloads(before.reloads) - fresh)
        for name in reloaded:
            send_reload = partial(self.supervisor.send_signal, name, signal.SIGHUP)
            last_log = partial(log_excerpt, name, self.state)
            reload(name, self._server(name), send_reload=send_reload, last_log=last_log)
        fresh |= self._start_missing()
        self._remember(inputs)
        found = self._wait(progress or Progress(), fresh=False)
        done = [*(f"reloaded {name}" for name in reloaded), *(f"restarted {name}" for name in sorted(fresh))]
        return done, found

    def is_current(self, before: Record) -> bool:
        """Return whether the running stack was started from the same programs and folders as this one."""
        return dict(before.environment) == self._environment() and self.supervisor.is_running()

    def stop(self) -> None:
        """Stop everything and leave no process, in whatever condition. Data and logs stay."""
        self.supervisor.shutdown()
        records.forget(self.state)

    def start_program(self, name: str) -> None:
        """Start one program and wait until it stays up; raise StackFailed."""
        self.supervisor.start(name)

    def stop_program(self, name: str) -> None:
        """Stop one program; it stays stopped until it is started."""
        self.supervisor.stop(name)

    def kill_program(self, name: str) -> None:
        """End one program's process by KILL, as a crash would; supervisord starts it again."""
        self.supervisor.send_signal(name, signal.SIGKILL)

    def _require_usable(self) -> None:
        if not sys.platform.startswith("linux"):
            raise StackError("the native stack needs Linux: use `watchkeeper up --mode compose`")
        for path in (self._root, self._demo_home, self._spec, Path(sys.executable), self.state.folder):
            require_plain(path)
        if self._has_demo and not (self._demo_home / "examples/helloagents").is_dir():
            message = f"the spec has `stack.demo`, but {self._demo_home}/examples/helloagents is missing"
            raise StackError(f"{message}: remove the key to monitor only your own services")

    def _ports(self) -> tuple[WantedPort, ...]:
        sentry = self._sentry is not None
        return native_ports(self._plan, sinks=self._sinks, front_page=self._front_page, sentry=sentry)

    def _prepare(self) -> Inputs:
        log_in(self.endpoints)
        self.state.create()
        sync_folder(self.state.folder / "bin", {name: Link(self._tools[name].resolve()) for name in TOOLS})
        sync_folder(self.state.prometheus, prometheus_view(self._root, self._plan))
        view = alertmanager_view(self._root, self._plan, self._override, container=False)
        sync_folder(self.state.alertmanager, view)
        return inputs_of(self.state, self._root, self._demo_home, self._plan)

    def _environment(self) -> dict[str, str]:
        return {
            "WATCHKEEPER_ROOT": str(self._root),
            "WATCHKEEPER_DEMO_HOME": str(self._demo_home),
            "WATCHKEEPER_PYTHON": sys.executable,
            "WATCHKEEPER_SPEC": str(self._spec),
            "WATCHKEEPER_FRONT_PAGE": str(self._front_page).lower(),
            **environment_of(self._sentry),
            # No program reads it: a stack that another version started is restarted.
            "WATCHKEEPER_VERSION": __version__,
        }

    def _remember(self, inputs: Inputs) -> None:
        record = Record(
            mode="native",
            root=self._root,
            endpoints=self.endpoints,
            ports=tuple(each.port for each in self._ports()),
            environment=self._environment(),
            reloads=inputs.reloads,
            restarts=inputs.restarts,
            redirected=self._override.receivers if self._override else (),
        )
        records.save(record, self.state)

    def _restart(self, inputs: Inputs, before: Record) -> set[str]:
        known = self.supervisor.programs()
        restarted = inputs.changed_restarts(before.restarts) & known.keys()
        for name in sorted(restarted):
            self.supervisor.stop(name)
            self.supervisor.start(name)
        return restarted

    def _start_missing(self) -> set[str]:
        found = self.supervisor.programs()
        missing = {name for name in self.programs if not found[name].runs}
        for name in sorted(missing):
            self.supervisor.start(name)
        return missing

    def _server(self, name: str) -> str:
        return self.endpoints.prometheus if name == "prometheus" else self.endpoints.alertmanager

    def _wait(self, progress: Progress, *, fresh: bool) -> Findings:
        stack = self._plan.stack
        rounds = 2 * (stack.scrape_interval.milliseconds + stack.evaluation_interval.milliseconds) / 1000
        deadline = time.monotonic() + _START_SECONDS + rounds
        waiting = Waiting(deadline, watching(self.supervisor, self.programs), progress)
        return settle(self._plan, self.endpoints, waiting, fresh=fresh)
