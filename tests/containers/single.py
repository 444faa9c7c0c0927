"""One service of the Compose file without Compose: its own arguments, user and confinement."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import docker
from docker.models.containers import Container

from .bundle import Bundle
from .waiting import eventually

# Compose's name of an option, where the Docker SDK has it under the same name.
_SHARED = (
    "cap_drop", "command", "environment", "init", "mem_limit", "pids_limit", "read_only", "security_opt", "user",
    "working_dir",
)  # fmt: skip
_DURATION = re.compile(r"(\d+)s")


def options(bundle: Bundle, service: str) -> dict[str, Any]:
    """Return what the Docker SDK and testcontainers need to run the service as the Compose file says."""
    described = bundle.service(service)
    taken = {key: described[key] for key in _SHARED if key in described}
    return {**taken, "healthcheck": _healthcheck(described["healthcheck"])}


@contextmanager
def run_single(
    engine: docker.DockerClient, image: str, bundle: Bundle, service: str, *, ports: tuple[int, ...]
) -> Iterator[Container]:
    """Run the service on the bundle's folder and new volumes until it is healthy; then remove all of it."""
    name = f"watchkeeper-test-{uuid.uuid4().hex[:8]}"
    container = engine.containers.run(
        image,
        name=name,
        detach=True,
        ports={f"{port}/tcp": ("127.0.0.1", None) for port in ports},
        volumes=_volumes(bundle, service, name),
        **options(bundle, service),
    )
    try:
        await_health(container)
        yield container
    finally:
        container.remove(force=True, v=True)
        for volume in engine.volumes.list(filters={"name": name}):
            volume.remove()


def await_health(container: Container) -> None:
    """Return when the container's own health check succeeds; fail with its log if it does not in a minute."""

    def health() -> str:
        container.reload()
        return str(container.attrs["State"]["Health"]["Status"])

    try:
        eventually(health, lambda seen: seen == "healthy", within=60)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{container.logs(tail=40).decode()}") from error


def url(container: Container, port: int) -> str:
    """Return the address on this machine of a port of the running container."""
    container.reload()
    return f"http://127.0.0.1:{container.attrs['NetworkSettings']['Ports'][f'{port}/tcp'][0]['HostPort']}"


def _volumes(bundle: Bundle, service: str, prefix: str) -> dict[str, dict[str, str]]:
    mounts = {str(bundle.folder(service)): {"bind": f"/etc/{service}", "mode": "ro"}}
    for mount in bundle.service(service)["volumes"]:
        source, _, target = mount.partition(":")
        if re.fullmatch(r"[a-z-]+", source):
            mounts[f"{prefix}-{source}"] = {"bind": target, "mode": "rw"}
    return mounts


def _healthcheck(described: dict[str, Any]) -> dict[str, Any]:
    found = {key: _DURATION.fullmatch(str(value)) for key, value in described.items()}
    nanoseconds = {key: int(match[1]) * 10**9 for key, match in found.items() if match}
    return {**described, **nanoseconds}
