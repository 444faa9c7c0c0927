"""The named volumes of the stack as folders of this machine: whose data they have, who writes to them, how to make one."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from watchkeeper.stack.compose.engine import Compose, engine_answers
from watchkeeper.stack.stack_error import StackError, StackFailed

_OWNERS = ("prometheus", "alertmanager", "jaeger", "grafana")
_USER = re.compile(r"(\d+):(\d+)")
_LABEL = "com.docker.compose"


@dataclass(frozen=True, slots=True)
class StackVolume:
    """The volume of one service: its name, the user and group who write to it, and the image that is started on it.

    `folder` is where its files are, or None while Docker has no such volume.
    """

    service: str
    name: str
    project: str
    image: str
    user: tuple[int, int]
    folder: Path | None


def volumes_of(compose: Compose) -> tuple[StackVolume, ...]:
    """Return the volumes of the stack; raise StackError where they are no folders that this user may change."""
    _require_local_engine()
    document = compose.document()
    services, declared = document["services"], document.get("volumes") or {}
    owners = [name for name in _OWNERS if f"{name}-data" in declared and name in services]
    names = {name: str(declared[f"{name}-data"]["name"]) for name in owners}
    folders = _folders(tuple(names.values()))
    return tuple(
        StackVolume(
            service=name,
            name=names[name],
            project=str(document["name"]),
            image=str(services[name].get("image", "")),
            user=_user(name, services[name]),
            folder=folders.get(names[name]),
        )
        for name in owners
    )


def made(volume: StackVolume) -> StackVolume:
    """Return the volume with its folder, made as Compose would make it; raise StackError or StackFailed."""
    if volume.folder is not None:
        return volume
    labels = {"project": volume.project, "volume": f"{volume.service}-data"}
    options = [option for key, value in labels.items() for option in ("--label", f"{_LABEL}.{key}={value}")]
    done = _docker("volume", "create", *options, volume.name)
    if done.returncode != 0:
        raise StackFailed(f"the volume {volume.name} cannot be made: {done.stderr.strip()}")
    return replace(volume, folder=_folders((volume.name,))[volume.name])


def users_of(volumes: Collection[StackVolume]) -> dict[str, str]:
    """Return the containers that run on these volumes, of whatever project, with their Compose service."""
    filters = [option for each in volumes for option in ("--filter", f"volume={each.name}")]
    if not filters:
        return {}
    done = _docker("ps", *filters, "--format", f'{{{{.Names}}}}\t{{{{.Label "{_LABEL}.service"}}}}')
    if done.returncode != 0:
        raise StackError(f"Docker cannot list the containers: {done.stderr.strip()}")
    return dict(line.split("\t", 1) for line in done.stdout.splitlines() if "\t" in line)


def maps_users() -> bool:
    """Return whether user numbers in containers are others on this machine: rootless, or with user namespaces."""
    told = _docker("info", "--format", "{{json .SecurityOptions}}").stdout
    return "name=rootless" in told or "name=userns" in told


def volumes_root() -> Path:
    """Return the folder in which the engine keeps its volumes."""
    return Path(
        _docker("info", "--format", "{{.DockerRootDir}}").stdout.strip() or "/var/lib/docker", "volumes"
    )


def _require_local_engine() -> None:
    if not engine_answers():
        raise StackError("no Docker engine answers: start it, its volumes have the data")
    address = _docker("context", "inspect", "--format", "{{.Endpoints.docker.Host}}").stdout.strip()
    if not address.startswith("unix://"):
        raise StackError(f"the Docker engine at {address} has its volumes on its own machine: run this there")
    _require_ours("its volumes", volumes_root())


def _folders(names: Sequence[str]) -> dict[str, Path]:
    """Return the folder of each volume that exists; raise StackError for one that this user cannot change."""
    if not names:
        return {}
    # It lists those that exist, and exits with 1 when one does not.
    listed: list[dict[str, Any]] = json.loads(_docker("volume", "inspect", *names).stdout or "[]")
    found = {}
    for each in listed:
        if each["Driver"] != "local" or each.get("Options"):
            raise StackError(
                f"the volume {each['Name']} is not in Docker's own folder: back it up where its driver keeps it"
            )
        found[str(each["Name"])] = Path(each["Mountpoint"])
    for name, folder in found.items():
        _require_ours(f"the volume {name}", folder)
    return found


def _require_ours(what: str, folder: Path) -> None:
    try:
        os.scandir(folder).close()
        allowed = os.access(folder.parent, os.W_OK | os.X_OK)
    except FileNotFoundError:
        raise StackError(
            f"Docker keeps {what} in {folder}, which this machine does not have: the engine runs in a virtual machine "
            "or elsewhere, run this there"
        ) from None
    except OSError:
        allowed = False
    if not allowed:
        raise StackError(
            f"Docker keeps {what} in {folder}, which this user cannot read and change: run this as root, with `sudo`"
        )


def _user(name: str, service: Mapping[str, Any]) -> tuple[int, int]:
    found = _USER.fullmatch(str(service.get("user", "")))
    if found is None:
        raise StackError(f"the Compose file gives {name} no user by its numbers: render it again")
    return int(found[1]), int(found[2])


def _docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker", *arguments], check=False, text=True, errors="replace", capture_output=True
    )
