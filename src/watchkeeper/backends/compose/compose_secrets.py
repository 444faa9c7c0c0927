"""Secret files with an absolute path outside the folder that Alertmanager's container mounts."""

from __future__ import annotations

from typing import Final

from watchkeeper import naming
from watchkeeper.backends.compose.parts import file, literal
from watchkeeper.emit.yaml import Commented, Value
from watchkeeper.plan.plan import Plan

_WHY: Final = """\
A secret file of this machine that the spec names by its absolute path. Alertmanager reads it at each
notification, so edits apply at once; if another file replaces it, restart Alertmanager. A missing file is an
error, because Docker would otherwise create an empty folder of that name."""


def mounted_secrets(plan: Plan) -> dict[str, str]:
    """Return the secret files that are mounted one by one: each path by the variable that can replace it."""
    absolute = [
        path for path in plan.routing.secret_files if path.startswith("/") and not _is_in_folder(path)
    ]
    return {f"WATCHKEEPER_SECRET_{number}": path for number, path in enumerate(absolute, 1)}


def mounts(plan: Plan) -> list[Value]:
    """Return the read-only mounts of these files, each at the same path as on the host."""
    found = [_mount(variable, path) for variable, path in mounted_secrets(plan).items()]
    return [Commented(found[0], _WHY), *found[1:]] if found else []


def _mount(variable: str, path: str) -> Value:
    # A label for containers could take the file from another program, and /dev/null replaces a missing one.
    return file(f"${{{variable}:-{literal(path)}}}", literal(path), label=False)


def _is_in_folder(path: str) -> bool:
    # The container mounts this folder with all files in it.
    return path.startswith(f"{naming.ALERTMANAGER_MOUNT}/")
