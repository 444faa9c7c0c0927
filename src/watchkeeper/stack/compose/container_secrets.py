"""Secret files inside containers: they keep the owner and the mode that they have on this machine."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from watchkeeper import naming
from watchkeeper.backends.compose import ALERTMANAGER_USER, mounted_secrets
from watchkeeper.plan.plan import Plan
from watchkeeper.stack.configuration import is_file

SECRETS_GID = "WATCHKEEPER_SECRETS_GID"
_NOBODY_GROUP = 65534


def group_of_secrets() -> int:
    """Return the group with which containers read secrets: the user's choice, or the user's own group."""
    chosen = os.environ.get(SECRETS_GID, "")
    if chosen.isdigit():
        return int(chosen)
    return _NOBODY_GROUP if os.getuid() == 0 else os.getgid()


def unreadable(root: Path, plan: Plan, *, copied: bool = False) -> list[str]:
    """Return a line for each existing secret file that Alertmanager's container could not read.

    Files that are copied for the container lie in folders of ours, so that their own folders do not matter.
    """
    group = group_of_secrets()
    folder = root / naming.ALERTMANAGER
    lines = []
    for name in plan.routing.secret_files:
        path = folder / name
        mount = folder if path.is_relative_to(folder) and not copied else None
        blocked = barrier(path, mount, user=ALERTMANAGER_USER, group=group) if is_file(path) else None
        if blocked is not None:
            remedy = f"chgrp {group} {blocked} && chmod {750 if blocked.is_dir() else 640} {blocked}"
            lines.append(
                f"{name} is not readable in the container, so its first notification would fail; run: {remedy}"
            )
    return lines


def barrier(path: Path, mount: Path | None, *, user: str, group: int) -> Path | None:
    """Return the file, or the folder above it, that keeps a container's user from reading the file; None if nothing does.

    `user` is UID:GID as in the Compose file, and `group` the group that the container has in addition. `mount` is the
    folder that the container mounts, None for a file that is mounted alone.
    """
    uid, gid = map(int, user.split(":"))
    inside = [mount, *(mount / one for one in path.relative_to(mount).parents)] if mount else []
    folders = dict.fromkeys(one for one in inside if one is not None)
    for folder in folders:
        if not _allowed(folder.stat(), stat.S_IXOTH, uid, (gid, group)):
            return folder
    return None if _allowed(path.stat(), stat.S_IROTH, uid, (gid, group)) else path


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


def _allowed(found: os.stat_result, bit: int, uid: int, gids: tuple[int, ...]) -> bool:
    """Return whether a user may do what `bit`, one of those for others, stands for."""
    shift = 6 if found.st_uid == uid else 3 if found.st_gid in gids else 0
    return bool(found.st_mode & (bit << shift))
