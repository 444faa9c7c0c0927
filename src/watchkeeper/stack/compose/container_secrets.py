"""Secret files as a container's user meets them: with the owner and mode that they have outside."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from watchkeeper import naming
from watchkeeper.backends.compose import mounted_secrets
from watchkeeper.plan.plan import Plan
from watchkeeper.stack.configuration import is_file

SECRETS_GID = "WATCHKEEPER_SECRETS_GID"
_NOBODY = 65534


def group_of_secrets() -> int:
    """Return the group that the containers are given to read secrets: the user's choice, or his own group."""
    chosen = os.environ.get(SECRETS_GID, "")
    if chosen.isdigit():
        return int(chosen)
    return _NOBODY if os.getuid() == 0 else os.getgid()


def unreadable(root: Path, plan: Plan) -> list[str]:
    """Return a line for each secret file that is there and that Alertmanager's container could not read."""
    group = group_of_secrets()
    lines = []
    for name in plan.routing.secret_files:
        path = root / naming.ALERTMANAGER / name
        if is_file(path) and not _readable(path.stat(), group):
            remedy = f"chgrp {group} {path} && chmod 640 {path}"
            lines.append(
                f"{name} cannot be read in the container, so its first notification would fail: {remedy}"
            )
    return lines


def stand_ins(plan: Plan) -> tuple[dict[str, str], list[str]]:
    """Return variables that mount an empty file for each absent secret mounted by itself, and a line for each.

    Without them Compose would start no container at all; who needs the secret is told, and watched all the same.
    """
    absent = {name: path for name, path in mounted_secrets(plan).items() if not is_file(Path(path))}
    lines = [
        f"{path} is no file that can be seen on this machine, so its container gets an empty one: "
        "put it there, then run `watchkeeper up` again"
        for path in absent.values()
    ]
    return dict.fromkeys(absent, os.devnull), lines


def _readable(found: os.stat_result, group: int) -> bool:
    if found.st_uid == _NOBODY:
        return bool(found.st_mode & stat.S_IRUSR)
    if found.st_gid in (group, _NOBODY):
        return bool(found.st_mode & stat.S_IRGRP)
    return bool(found.st_mode & stat.S_IROTH)
