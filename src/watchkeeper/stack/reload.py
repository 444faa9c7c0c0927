"""Which files each program has read, so that only programs with changed files reload or restart."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from watchkeeper import naming
from watchkeeper.backends.jaeger import CONFIG_PATH as JAEGER_CONFIG
from watchkeeper.local_http import NoAnswer
from watchkeeper.model.stack_access import CA_FILE, CERT_FILE, KEY_FILE, PASSWORD_FILE, USERS_FILE
from watchkeeper.plan.plan import Plan
from watchkeeper.stack.folder_sync import digest
from watchkeeper.stack.stack_error import StackFailed
from watchkeeper.stack.state import State
from watchkeeper.stack.view.observed import reload_state

_POLL_SECONDS = 0.1
_REFUSED_AFTER_SECONDS = 3.0
_GIVE_UP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Inputs:
    """Hashes, by program, of the files that a reload reads again, and of those that need a restart."""

    reloads: Mapping[str, str]
    restarts: Mapping[str, str]

    def changed_reloads(self, before: Mapping[str, str]) -> set[str]:
        """Return the programs that must reload."""
        return {name for name, value in self.reloads.items() if before.get(name) != value}

    def changed_restarts(self, before: Mapping[str, str]) -> set[str]:
        """Return the programs that must be restarted."""
        return {name for name, value in self.restarts.items() if before.get(name) != value}


def inputs_of(state: State, root: Path, demo_home: Path, plan: Plan) -> Inputs:
    """Return the hashes of the files on disk that the programs of this stack read.

    Target files, sampling and secrets are left out: the servers read those again by themselves.
    """
    configuration = ("prometheus.yml", "alerts", "rules")
    notification = ("alertmanager.yml", "templates")
    reloads = {
        "prometheus": digest({name: state.prometheus / name for name in configuration}),
        "alertmanager": digest({name: state.alertmanager / name for name in notification}),
    }
    tools = state.folder / "bin"
    restarts = {name: str((tools / name).readlink()) for name in ("prometheus", "alertmanager")}
    restarts["jaeger"] = f"{(tools / 'jaeger').readlink()} {digest({'config': root / JAEGER_CONFIG})}"
    restarts["jaeger"] += read_at_start(root, plan, USERS_FILE, PASSWORD_FILE)
    read_once = {
        "spec": root / plan.source,
        "runbooks": root / naming.RUNBOOKS,
        "proofs": root / naming.PROOF_PAGES,
    }
    included = {service.source: root / service.source for service in plan.services}
    if plan.stack.access is not None:
        read_once |= {name: root / naming.ACCESS / name for name in (CERT_FILE, KEY_FILE, CA_FILE)}
    restarts["front-page"] = digest(read_once | included)
    for service in plan.services:
        if service.is_demo:
            source = demo_home / "examples/helloagents"
            instrumentation = root / naming.instrumentation_path(service.name)
            restarts["demo"] = digest({"source": source, "instrumentation": instrumentation})
            restarts["load"] = digest({"source": source / "load.py"})
    return Inputs(reloads, restarts)


def read_at_start(root: Path, plan: Plan, *names: str) -> str:
    """Return a hash of files in the folder of access, empty without it: some programs read them only when they start."""
    if plan.stack.access is None:
        return ""
    return digest({name: root / naming.ACCESS / name for name in names})


def reload(name: str, server: str, *, send_reload: Callable[[], None], last_log: Callable[[], str]) -> None:
    """Make a server reload its configuration; raise StackFailed, with the end of its log, if it refuses."""
    _, before = _reload_state(server, name)
    send_reload()
    started = time.monotonic()
    while True:
        good, when = _reload_state(server, name)
        waited = time.monotonic() - started
        if good and when > before:
            return
        if waited > (_GIVE_UP_SECONDS if good else _REFUSED_AFTER_SECONDS):
            raise StackFailed(f"{name} refuses its new configuration and keeps the old one; {last_log()}")
        time.sleep(_POLL_SECONDS)


def _reload_state(server: str, name: str) -> tuple[bool, float]:
    try:
        return reload_state(server, prefix=name)
    except NoAnswer:
        return False, 0.0
