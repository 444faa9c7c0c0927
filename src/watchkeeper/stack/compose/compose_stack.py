"""The stack in containers, and what `up` adds to the rendered Compose file.

The file is used as rendered; this module adds only variables and secret files.
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
from watchkeeper.model.spec import Spec
from watchkeeper.model.stack_access import CERT_FILE, KEY_FILE, PASSWORD_FILE, USERS_FILE
from watchkeeper.pipeline import plan_of, root_of
from watchkeeper.plan.plan import Plan
from watchkeeper.stack import record as records
from watchkeeper.stack.compose.container_secrets import (
    SECRETS_GID,
    empty_secrets,
    group_of_secrets,
    unreadable,
)
from watchkeeper.stack.compose.engine import Compose
from watchkeeper.stack.compose.fetch_images import copy_tools, fetch_missing
from watchkeeper.stack.configuration import AlertmanagerOverride, alertmanager_view
from watchkeeper.stack.folder_sync import digest, sync_folder
from watchkeeper.stack.ports.wanted_ports import WantedPort, require_free
from watchkeeper.stack.progress import Progress
from watchkeeper.stack.record import Record
from watchkeeper.stack.redirect import Sinks
from watchkeeper.stack.reload import Inputs, read_at_start, reload
from watchkeeper.stack.sentry.container_sentry import sentry_variables, with_prepared_sentry
from watchkeeper.stack.stack_error import StackError, StackFailed
from watchkeeper.stack.state import State
from watchkeeper.stack.view.endpoints import Endpoints, endpoints, log_in
from watchkeeper.stack.view.ready import Findings, Waiting, settle

SINKS = Sinks(http="sinks:9199", smtp="sinks:1025")
_ALERTMANAGER_DIR = "WATCHKEEPER_ALERTMANAGER_DIR"
_GRAFANA_FILE_VARIABLE = "WATCHKEEPER_GRAFANA_PASSWORD_FILE"
_START_SECONDS = 180


class ComposeStack:
    """The stack of a rendered root as containers; nothing changes until it is started."""

    def __init__(
        self,
        root: Path,
        *,
        state: State,
        plan: Plan,
        program: tuple[str, ...],
        override: AlertmanagerOverride | None = None,
        sentry: bool = False,
    ) -> None:
        """Describe the stack; `program` is the command that runs Compose.

        With `sentry` it has a local server for Sentry's protocol, to which the demo sends its errors.
        """
        self.state = state
        self._root = root.resolve()
        self._plan = plan
        self._override = override
        self._has_demo = any(service.is_demo for service in plan.services)
        empty, self._absent = empty_secrets(plan)
        variables = {SECRETS_GID: str(group_of_secrets()), **empty}
        if override is not None:
            variables[_ALERTMANAGER_DIR] = str(state.alertmanager)
        if sentry:
            variables |= sentry_variables(state)
        self.sentry_dsn = ""
        self.compose = Compose(program, self._root / naming.COMPOSE_FILE, variables, sentry)

    @property
    def endpoints(self) -> Endpoints:
        """Return the addresses of its parts."""
        return endpoints(
            self._plan,
            mode="compose",
            sinks=self._has_demo,
            sentry=self.compose.sentry,
            root=self._root,
        )

    def start(self, before: Record | None, progress: Progress, *, fetch: bool) -> tuple[list[str], Findings]:
        """Start or update it, and return what was done and found when it is ready.

        Missing images are fetched if `fetch`. Raises StackError before anything is changed, StackFailed after; a
        failed first start is undone.
        """
        self._require_readable()
        for line in self._absent:
            progress.say(line)
        services = self.compose.config()
        containers = self.compose.containers()
        fresh = not any(container.state == "running" for container in containers)
        if fresh:
            require_free(published_ports(services))
        reason = fetch_missing(self.compose, services, progress) if fetch else ""
        if reason:
            raise StackFailed(reason)
        copy_tools(services, progress)
        self._prepare()
        if self.compose.sentry:
            progress.show("preparing the local Sentry server")
            self.compose, self.sentry_dsn = with_prepared_sentry(self.compose, self._plan, self.state)
        stopped = not self.compose.sentry and any(container.service == "sentry" for container in containers)
        if stopped:
            self.compose.remove("sentry")
        try:
            progress.say("starting containers")
            self.compose.up(seconds=_START_SECONDS)
            done = self._reload_changed(before) if before is not None and not fresh else []
            self.remember()
            done += ["stopped sentry"] if stopped and not fresh else []
            return done, self._wait(progress, fresh=fresh)
        except BaseException:
            if fresh:
                self.compose.down(volumes=False)
            raise

    def _require_readable(self) -> None:
        lines = unreadable(self._root, self._plan, copied=self._override is not None)
        if lines:
            raise StackError("\n".join(lines))

    def _prepare(self) -> None:
        log_in(self.endpoints)
        self.state.create()
        view = alertmanager_view(self._root, self._plan, self._override, container=True)
        sync_folder(self.state.alertmanager, view if self._override else {})
        password = self._root / naming.GRAFANA_PASSWORD
        if not os.environ.get(_GRAFANA_FILE_VARIABLE) and not password.exists():
            password.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            password.touch(mode=0o640)
            password.write_text(secrets.token_urlsafe(18), encoding="utf-8")
            os.chown(password, -1, group_of_secrets())

    def inputs(self) -> Inputs:
        """Return the hashes of the files that its containers read."""
        monitoring = self._root / "monitoring"
        notification = self.state.alertmanager if self._override else monitoring / "alertmanager"
        names = ("alertmanager.yml", "templates")
        rules = {name: monitoring / "prometheus" / name for name in ("prometheus.yml", "alerts", "rules")}
        reloads = {
            "prometheus": digest(rules),
            "alertmanager": digest({name: notification / name for name in names}),
        }
        jaeger = digest({"config": self._root / JAEGER_CONFIG})
        restarts = {"jaeger": jaeger + read_at_start(self._root, self._plan, USERS_FILE, PASSWORD_FILE)}
        if self._plan.stack.access is not None:
            restarts["grafana"] = read_at_start(self._root, self._plan, PASSWORD_FILE, CERT_FILE, KEY_FILE)
        for service in self._plan.services:
            if service.is_demo:
                file = self._root / naming.instrumentation_path(service.name)
                restarts[service.name] = digest({"file": file})
        return Inputs(reloads, restarts)

    def _reload_changed(self, before: Record) -> list[str]:
        inputs = self.inputs()
        reloaded = sorted(inputs.changed_reloads(before.reloads))
        restarted = sorted(inputs.changed_restarts(before.restarts))
        servers = {"prometheus": self.endpoints.prometheus, "alertmanager": self.endpoints.alertmanager}
        for name in reloaded:
            send_reload = partial(self.compose.signal, name, "SIGHUP")
            last_log = partial(self.compose.log_excerpt, name)
            reload(name, servers[name], send_reload=send_reload, last_log=last_log)
        for name in restarted:
            self.compose.restart(name)
        return [*(f"reloaded {name}" for name in reloaded), *(f"restarted {name}" for name in restarted)]

    def remember(self) -> None:
        """Record that the stack is this one, so that `down` finds it."""
        inputs = self.inputs()
        record = Record(
            mode="compose",
            root=self._root,
            endpoints=self.endpoints,
            reloads=inputs.reloads,
            restarts=inputs.restarts,
            redirected=self._override.receivers if self._override else (),
            compose=self.compose.program,
            variables=self.compose.variables,
        )
        records.save(record, self.state)

    def _wait(self, progress: Progress, *, fresh: bool) -> Findings:
        waiting = Waiting(time.monotonic() + _START_SECONDS, lambda: None, progress)
        return settle(self._plan, self.endpoints, waiting, fresh=fresh)


def remember_containers(spec: Spec, spec_path: Path, state: State, compose: Compose) -> None:
    """Record a stack whose volumes are there and whose containers are not yet, unless it is recorded already."""
    known = records.load(state)
    if known is None or known.mode != "compose":
        plan = plan_of(spec, spec_path)
        ComposeStack(root_of(spec_path), state=state, plan=plan, program=compose.program).remember()


def running_compose(record: Record) -> Compose:
    """Return Compose with the command and variables that started the stack of the record."""
    return Compose(record.compose, record.root / naming.COMPOSE_FILE, record.variables)


def published_ports(services: Mapping[str, Any]) -> list[WantedPort]:
    """Return the ports of this machine that the services of a Compose file publish."""
    return [
        WantedPort(int(port["published"]), name)
        for name, service in services.items()
        for port in service.get("ports", ())
        if port.get("published")
    ]
