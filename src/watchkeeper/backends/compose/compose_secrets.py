"""Secret files with an absolute path, which are not in the folder that Alertmanager's container has mounted."""

from __future__ import annotations

from typing import Final

from watchkeeper.backends.compose.parts import literal
from watchkeeper.emit.yaml import Commented, Value
from watchkeeper.plan.plan import Plan

# What is below it comes with the mounted folder.
_FOLDER: Final = "/etc/alertmanager"
_WHY: Final = """\
A secret file of this machine that the spec names by its absolute path. It is read at each notification, so
what is written into it later holds at once; after another file took its place, restart Alertmanager. A missing
file is an error: Docker alone would make an empty folder of that name."""


def mounted_secrets(plan: Plan) -> dict[str, str]:
    """Return the secret files that are mounted one by one: a path by the variable that can replace it."""
    absolute = [path for path in plan.routing.secret_files if path.startswith("/") and not _comes_along(path)]
    return {f"WATCHKEEPER_SECRET_{number}": path for number, path in enumerate(absolute, 1)}


def mounts(plan: Plan) -> list[Value]:
    """Return the mounts of these files, read-only, each at the path that it has outside."""
    found = [_mount(variable, path) for variable, path in mounted_secrets(plan).items()]
    return [Commented(found[0], _WHY), *found[1:]] if found else []


def _mount(variable: str, path: str) -> Value:
    return {
        "type": "bind",
        "source": f"${{{variable}:-{literal(path)}}}",
        "target": literal(path),
        "read_only": True,
        "bind": {"create_host_path": False},
    }


def _comes_along(path: str) -> bool:
    return path.startswith(f"{_FOLDER}/")
