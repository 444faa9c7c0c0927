"""Secret files with an absolute path outside the folder that the container of their reader mounts."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from watchkeeper import naming
from watchkeeper.backends.compose.parts import file, literal
from watchkeeper.emit.yaml import Commented, Value
from watchkeeper.plan.plan import Plan

_WHY: Final = """\
A secret file of this machine that the spec names by its absolute path. {reader} reads it at each
{moment}, so edits apply at once; if another file replaces it, restart {reader}. A missing file is an
error, because Docker would otherwise create an empty folder of that name."""
_NOTIFICATION: Final = _WHY.format(reader="Alertmanager", moment="notification")
_SCRAPE: Final = _WHY.format(reader="Prometheus", moment="scrape")


def mounted_secrets(plan: Plan) -> dict[str, str]:
    """Return the secret files that are mounted one by one: each path by the variable that can replace it."""
    absolute = dict.fromkeys((*_of_alertmanager(plan), *_of_prometheus(plan)))
    return {f"WATCHKEEPER_SECRET_{number}": path for number, path in enumerate(absolute, 1)}


def alertmanager_mounts(plan: Plan) -> list[Value]:
    """Return the read-only mounts of Alertmanager's files, each at the same path as on the host."""
    return _mounts(plan, _of_alertmanager(plan), _NOTIFICATION)


def prometheus_mounts(plan: Plan) -> list[Value]:
    """Return the read-only mounts of Prometheus' files, each at the same path as on the host."""
    return _mounts(plan, _of_prometheus(plan), _SCRAPE)


def _mounts(plan: Plan, paths: Collection[str], why: str) -> list[Value]:
    found = [_mount(variable, path) for variable, path in mounted_secrets(plan).items() if path in paths]
    return [Commented(found[0], why), *found[1:]] if found else []


def _of_alertmanager(plan: Plan) -> list[str]:
    return _outside(naming.ALERTMANAGER_MOUNT, plan.routing.secret_files)


def _of_prometheus(plan: Plan) -> list[str]:
    return _outside(naming.PROMETHEUS_MOUNT, plan.scrape_files)


def _mount(variable: str, path: str) -> Value:
    # A label for containers could take the file from another program, and /dev/null replaces a missing one.
    return file(f"${{{variable}:-{literal(path)}}}", literal(path), label=False)


def _outside(mount: str, paths: Collection[str]) -> list[str]:
    # The container mounts its folder with all files in it.
    return [path for path in paths if path.startswith("/") and not path.startswith(f"{mount}/")]
