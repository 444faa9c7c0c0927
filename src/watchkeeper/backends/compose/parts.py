"""Settings that the services of the Compose file share."""

from __future__ import annotations

from collections.abc import Mapping

from watchkeeper.emit.yaml import Commented, Value
from watchkeeper.model.stack import LOOPBACK, Limits

Service = dict[str, Value]

COMMON: Service = {
    "restart": "unless-stopped",
    "init": True,
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "logging": {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}},
}
SCRATCH: list[Value] = ["/tmp:noexec,nosuid,nodev,size=16m"]  # noqa: S108 -- a path inside the container
SECRETS_GROUP = Commented(
    ["${WATCHKEEPER_SECRETS_GID:-65534}"],
    "Secret files keep their owner and mode in a container: give them mode 0640, and set their group here.",
)


def literal(text: str) -> str:
    """Return the text escaped, so that Compose interpolates nothing in it."""
    return text.replace("$", "$$")


def port(host: int, container: int, address: str = LOOPBACK) -> str:
    """Return the binding of a container's port to a port of this machine, on its loopback address by default."""
    return f"{address}:{host}:{container}"


def folder(source: str, target: str) -> str:
    """Return the read-only mount of a folder with rendered files, labeled for containers where SELinux runs."""
    return f"{source}:{target}:ro,z"


def file(source: str, target: str, *, label: bool) -> Service:
    """Return the read-only mount of one file, whose absence is an error; `label` is for files of this stack only."""
    selinux: Service = {"selinux": "z"} if label else {}
    return {
        "type": "bind",
        "source": source,
        "target": target,
        "read_only": True,
        "bind": {"create_host_path": False, **selinux},
    }


def healthcheck(*command: str) -> Mapping[str, Value]:
    """Return a health check that runs a program of the image, often and with several retries."""
    return {
        "test": ["CMD", *command],
        "interval": "5s",
        "timeout": "5s",
        "retries": 6,
        "start_period": "30s",
    }


def fetched(url: str) -> tuple[str, ...]:
    """Return a command that fails unless the address answers, for an image that has Python and no wget."""
    program = "import sys, urllib.request as web; web.urlopen(sys.argv[1], timeout=3)"
    return ("python", "-c", program, literal(url))


def confined(user: str, *, pids: int, limits: Limits) -> Service:
    """Return a container's user and its limits of processes, CPU and memory."""
    return {"user": user, "pids_limit": pids, "cpus": limits.cpus, "mem_limit": limits.memory}
