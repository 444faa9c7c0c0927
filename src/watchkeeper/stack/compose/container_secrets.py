"""Secret files inside containers: they keep the owner and the mode that they have on this machine."""

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
    """Return the group with which containers read secrets: the user's choice, or the user's own group."""
    chosen = os.environ.get(SECRETS_GID, "")
    if chosen.isdigit():
        return int(chosen)
    return _NOBODY if os.getuid() == 0 else os.getgid()


def unreadable(root: Path, plan: Plan) -> list[str]:
    """Return a line for each existing secret file that Alertmanager's container could not read."""
    group = group_of_secrets()
    lines = []
    for name in plan.routing.secret_files:
        path = root / naming.ALERTMANAGER / name
        if is_file(path) and not _readable(path.stat(), group):
            remedy = f"chgrp {group} {path} && chmod 640 {path}"
            lines.append(
                f"{name} is not readable in the container, so its first notification would fail; run: {remedy}"
            )
    return lines


def empty_secrets(plan: Plan) -> tuple[dict[str, str], list[str]]:
    """Return variables that mount an empty file for each missing secret with a mount of its own, and a line for each.

    Without them Compose would start no container at all. The programs that need the secret start without it.
    """
    absent = {name: path for name, path in mounted_secrets(plan).items() if not is_file(Path(path))}
    lines = [
        f"{path} is missing or not readable on this machine, so its container gets an empty file: "
        "create it, then run `watchkeeper up` again"
        for path in absent.values()
    ]
    return dict.fromkeys(absent, os.devnull), lines


def _readable(found: os.stat_result, group: int) -> bool:
    if found.st_uid == _NOBODY:
        return bool(found.st_mode & stat.S_IRUSR)
    if found.st_gid in (group, _NOBODY):
        return bool(found.st_mode & stat.S_IRGRP)
    return bool(found.st_mode & stat.S_IROTH)
