"""Secret files inside containers: they keep the owner and the mode that they have on this machine."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from watchkeeper import naming
from watchkeeper.backends.compose import ALERTMANAGER_USER, PROMETHEUS_USER, mounted_secrets
from watchkeeper.model.stack_access import CA_FILE, CERT_FILE, KEY_FILE, PASSWORD_FILE, USERS_FILE, WEB_CONFIG
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
    """Return a line for each existing secret file that the container of its reader could not read.

    Alertmanager's files that are copied for the container lie in folders of ours, so that their own folders do not
    matter.
    """
    notified = _Reader(root / naming.ALERTMANAGER, ALERTMANAGER_USER, "its first notification", copied)
    scraped = _Reader(root / naming.PROMETHEUS, PROMETHEUS_USER, "each scrape with it")
    lines = [notified.complaint(name) for name in plan.routing.secret_files]
    lines += [scraped.complaint(name) for name in plan.scrape_files]
    if plan.stack.access is not None:
        served = _Reader(root / naming.PROMETHEUS, PROMETHEUS_USER, "the start of the servers")
        names = (CERT_FILE, KEY_FILE, CA_FILE, WEB_CONFIG, PASSWORD_FILE, USERS_FILE)
        lines += [served.complaint(f"access/{name}") for name in names]
    return [line for line in lines if line is not None]


@dataclass(frozen=True, slots=True)
class _Reader:
    """A container that reads secrets: the folder that it mounts, its user, and what fails without a secret."""

    folder: Path
    user: str
    fails: str
    copied: bool = False

    def complaint(self, name: str) -> str | None:
        group, path = group_of_secrets(), self.folder / name
        mount = self.folder if path.is_relative_to(self.folder) and not self.copied else None
        blocked = barrier(path, mount, user=self.user, group=group) if is_file(path) else None
        if blocked is None:
            return None
        remedy = f"chgrp {group} {blocked} && chmod {750 if blocked.is_dir() else 640} {blocked}"
        return f"{name} is not readable in the container, so {self.fails} would fail; run: {remedy}"


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
