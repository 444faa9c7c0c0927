"""The stack in containers: when that can be, and what `up` adds to the rendered Compose file.

The file is used as it is rendered; only variables and secret files come from here.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from watchkeeper import naming
from watchkeeper.backends.jaeger import CONFIG_PATH as JAEGER_CONFIG
from watchkeeper.plan.plan import Plan
from watchkeeper.stack import record as records
from watchkeeper.stack.compose.container_secrets import SECRETS_GID, group_of_secrets, stand_ins, unreadable
from watchkeeper.stack.compose.engine import Compose, missing_images
from watchkeeper.stack.configuration import Overlay, alertmanager_view
from watchkeeper.stack.folder_sync import arrange, digest
from watchkeeper.stack.ports.wanted_ports import Wanted, require_free
from watchkeeper.stack.progress import Progress
from watchkeeper.stack.record import Record
from watchkeeper.stack.redirect import Sinks
from watchkeeper.stack.reload import Inputs, reload
from watchkeeper.stack.stack_error import StackError
from watchkeeper.stack.state import State
from watchkeeper.stack.view.endpoints import Endpoints, endpoints
from watchkeeper.stack.view.ready import Findings, Patience, settle

SINKS = Sinks(http="sinks:9199", smtp="sinks:1025")
_ALERTMANAGER_DIR = "WATCHKEEPER_ALERTMANAGER_DIR"
_GRAFANA_FILE_VARIABLE = "WATCHKEEPER_GRAFANA_PASSWORD_FILE"
_GRAFANA_FILE = "monitoring/grafana/secrets/admin_password"
_START_SECONDS = 180


class ComposeStack:
    """The stack of a rendered root as containers; nothing is touched until it is started."""

    def __init__(
        self,
        root: Path,
        *,
        state: State,
        plan: Plan,
        program: tuple[str, ...],
        overlay: Overlay | None = None,
    ) -> None:
        """Describe the stack; `program` is the command that Compose is."""
        self.state = state
        self._root = root.resolve()
        self._plan = plan
        self._overlay = overlay
        self._has_demo = any(service.is_demo for service in plan.services)
        empty, self._absent = stand_ins(plan)
        variables = {SECRETS_GID: str(group_of_secrets()), **empty}
        if overlay is not None:
            variables[_ALERTMANAGER_DIR] = str(state.alertmanager)
        self.compose = Compose(program, self._root / naming.COMPOSE_FILE, variables)

    @property
    def endpoints(self) -> Endpoints:
        """Return where its parts answer."""
        return endpoints(self._plan, mode="compose", sinks=self._has_demo)

    def start(self, before: Record | None, progress: Progress, *, fetch: bool) -> tuple[list[str], Findings]:
        """Start it, or bring it up to date, and return when it does its work: what was done and found.

        Missing images are pulled and built if `fetch`. Raises StackError before anything is touched, StackFailed
        after; a first start that fails is undone.
        """
        self._require_readable()
        for line in self._absent:
            progress.say(line)
        services = self.compose.config()
        fresh = not any(container.state == "running" for container in self.compose.containers())
        if fresh:
            require_free(_published(services))
        fetch = fetch and bool(missing_images(services))
        self._prepare()
        try:
            progress.say("fetching images" if fetch else "starting containers")
            self.compose.up(fetch=fetch, seconds=_START_SECONDS)
            done = self._tell(before) if before is not None and not fresh else []
            self._remember()
            return done, self._wait(progress, fresh=fresh)
        except BaseException:
            if fresh:
                self.compose.down(volumes=False)
            raise

    def _require_readable(self) -> None:
        lines = unreadable(self._root, self._plan)
        if lines:
            raise StackError("\n".join(lines))

    def _prepare(self) -> None:
        self.state.create()
        view = alertmanager_view(self._root, self._plan, self._overlay, container=True)
        arrange(self.state.alertmanager, view if self._overlay else {})
        password = self._root / _GRAFANA_FILE
        if not os.environ.get(_GRAFANA_FILE_VARIABLE) and not password.exists():
            password.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            password.touch(mode=0o640)
            password.write_text(secrets.token_urlsafe(18), encoding="utf-8")
            os.chown(password, -1, group_of_secrets())

    def _inputs(self) -> Inputs:
        monitoring = self._root / "monitoring"
        notification = self.state.alertmanager if self._overlay else monitoring / "alertmanager"
        names = ("alertmanager.yml", "templates")
        rules = {name: monitoring / "prometheus" / name for name in ("prometheus.yml", "alerts", "rules")}
        reloads = {
            "prometheus": digest(rules),
            "alertmanager": digest({name: notification / name for name in names}),
        }
        restarts = {"jaeger": digest({"config": self._root / JAEGER_CONFIG})}
        for service in self._plan.services:
            if service.is_demo:
                file = self._root / naming.instrumentation_path(service.name)
                restarts[service.name] = digest({"file": file})
        return Inputs(reloads, restarts)

    def _tell(self, before: Record) -> list[str]:
        inputs = self._inputs()
        told = sorted(inputs.changed_reloads(before.reloads))
        anew = sorted(inputs.changed_restarts(before.restarts))
        servers = {"prometheus": self.endpoints.prometheus, "alertmanager": self.endpoints.alertmanager}
        for name in told:
            hang_up = partial(self.compose.signal, name, "SIGHUP")
            reload(name, servers[name], tell=hang_up, said=partial(self.compose.last_words, name))
        for name in anew:
            self.compose.restart(name)
        return [*(f"reloaded {name}" for name in told), *(f"restarted {name}" for name in anew)]

    def _remember(self) -> None:
        inputs = self._inputs()
        record = Record(
            mode="compose",
            root=self._root,
            endpoints=self.endpoints,
            reloads=inputs.reloads,
            restarts=inputs.restarts,
            diverted=self._overlay.receivers if self._overlay else (),
            compose=self.compose.program,
            variables=self.compose.variables,
        )
        records.save(record, self.state)

    def _wait(self, progress: Progress, *, fresh: bool) -> Findings:
        patience = Patience(time.monotonic() + _START_SECONDS, lambda: None, progress)
        return settle(self._plan, self.endpoints, patience, fresh=fresh)


def running_compose(record: Record) -> Compose:
    """Return Compose as it was used when the stack of the record was started."""
    return Compose(record.compose, record.root / naming.COMPOSE_FILE, record.variables)


def _published(services: Mapping[str, Any]) -> list[Wanted]:
    return [
        Wanted(int(port["published"]), name)
        for name, service in services.items()
        for port in service.get("ports", ())
        if port.get("published")
    ]
