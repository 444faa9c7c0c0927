"""The Docker engine and its Compose: whether they answer, what a Compose file needs, and how to run it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from watchkeeper.backends.compose import GRAFANA_PROFILE, SENTRY_PROFILE
from watchkeeper.stack.stack_error import StackError, StackFailed

_ANSWER_SECONDS = 10
# These are about what `up` starts; the others are about whatever there is.
_STARTING = ("config", "up", "pull", "build")


@dataclass(frozen=True, slots=True)
class Container:
    """One container of the stack, as Compose lists it."""

    service: str
    state: str
    health: str
    status: str


@dataclass(frozen=True, slots=True)
class Compose:
    """A Compose program on one file; `variables` are added to the environment of each call.

    With `sentry`, the server for Sentry's protocol is started with the others.
    """

    program: tuple[str, ...]
    file: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    sentry: bool = False

    def document(self) -> dict[str, Any]:
        """Return the whole Compose file with every variable and default filled in; raise StackError."""
        done = self._run("config", "--format", "json")
        if done.returncode != 0:
            raise StackError(f"{self.file} cannot be used: {done.stderr.strip()}")
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def config(self) -> dict[str, Any]:
        """Return the services of the Compose file, filled in; raise StackError."""
        services: dict[str, Any] = self.document()["services"]
        return services

    def containers(self) -> list[Container]:
        """Return all containers of the stack, including stopped ones; raise StackError when the engine does not answer."""
        done = self._run("ps", "--all", "--format", "json")
        if done.returncode != 0:
            raise StackError(f"Docker cannot list the containers: {done.stderr.strip()}")
        listed = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        return [Container(each["Service"], each["State"], each["Health"], each["Status"]) for each in listed]

    def pull(self, services: Sequence[str]) -> str:
        """Pull the images of these services and show Compose's progress; return why that failed, or nothing."""
        return self._shown("pull", *services)

    def build(self, services: Sequence[str]) -> str:
        """Build the images of these services and show Compose's progress; return why that failed, or nothing."""
        return self._shown("build", *services)

    def up(self, *, seconds: int) -> None:
        """Start missing and changed containers and wait until they are healthy; raise StackFailed.

        Each image must be there already.
        """
        wait = ["--detach", "--remove-orphans", "--wait", f"--wait-timeout={seconds}"]
        done = self._run("up", "--no-build", "--pull=never", *wait)
        if done.returncode != 0:
            raise StackFailed(
                "\n".join(["the containers do not start:", *_last(done.stderr), *self._unhealthy()])
            )

    def run_once(self, service: str, *command: str, text: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a new container of a service, with a text as input, and remove the container."""
        options = ("--rm", "--no-deps", "--no-TTY", "--pull=never", "--quiet")
        return self._run("run", *options, service, *command, text=text)

    def remove(self, service: str) -> None:
        """Stop and remove the container of a service, if there is one."""
        self._checked("rm", "--stop", "--force", service)

    def signal(self, service: str, name: str) -> None:
        """Send a signal to a service's process."""
        self._checked("kill", f"--signal={name}", service)

    def restart(self, service: str) -> None:
        """Restart a service."""
        self._checked("restart", service)

    def down(self, *, volumes: bool) -> None:
        """Stop and remove the containers and their network, with `volumes` also the data; raise StackFailed."""
        self._checked("down", "--remove-orphans", *(["--volumes"] if volumes else []))

    def logs(self, services: tuple[str, ...], *, lines: int, follow: bool) -> int:
        """Let Compose print the logs of the services; return its exit code."""
        options = [f"--tail={lines}", *(["--follow"] if follow else [])]
        return subprocess.run(
            self._command("logs", *options, *services), env=self._environment(), check=False
        ).returncode

    def log_excerpt(self, service: str) -> str:
        """Return the end of a service's log."""
        log = self._run("logs", "--no-color", "--no-log-prefix", "--tail=8", service).stdout
        return "\n".join(["its last lines:", *_last(log)])

    def _unhealthy(self) -> list[str]:
        # A container in state created waits for another one.
        started = [each for each in self.containers() if each.state != "created"]
        unhealthy = [
            each for each in started if each.state != "running" or each.health not in ("", "healthy")
        ]
        return [f"{each.service} ({each.status}); {self.log_excerpt(each.service)}" for each in unhealthy]

    def _checked(self, *arguments: str) -> None:
        done = self._run(*arguments)
        if done.returncode != 0:
            raise StackFailed("\n".join([f"docker compose {arguments[0]} failed:", *_last(done.stderr)]))

    def _shown(self, *arguments: str) -> str:
        failed = f"docker compose {arguments[0]} failed, as shown above"
        return _run_shown(self._command(*arguments), self._environment(), failed=failed)

    def _run(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._command(*arguments),
            env=self._environment(),
            check=False,
            text=True,
            errors="replace",
            input=text,
            capture_output=True,
        )

    def _command(self, *arguments: str) -> list[str]:
        # Grafana's profile is always on, since `up` writes its password. Without a profile, `down` would leave its
        # containers running.
        profiles = [
            GRAFANA_PROFILE,
            *([SENTRY_PROFILE] if self.sentry or arguments[0] not in _STARTING else []),
        ]
        chosen = [word for profile in profiles for word in ("--profile", profile)]
        return [*self.program, "--file", str(self.file), *chosen, *arguments]

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.variables}


def engine_answers() -> bool:
    """Return whether a Docker engine answers within a few seconds."""
    if shutil.which("docker") is None:
        return False
    try:
        command = ["docker", "version", "--format", "{{.Server.Version}}"]
        done = subprocess.run(command, capture_output=True, check=False, timeout=_ANSWER_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def missing_images(services: Mapping[str, Any]) -> list[str]:
    """Return the images that the services need and the engine lacks, in alphabetical order."""
    images = {service["image"] for service in services.values() if "image" in service}
    return sorted(image for image in images if not _has_image(image))


def _has_image(image: str) -> bool:
    command = ["docker", "image", "inspect", "--format", "{{.Id}}", image]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def pull_image(image: str) -> str:
    """Pull an image and show Docker's progress; return why that failed, or nothing."""
    return _run_shown(
        ["docker", "pull", image], dict(os.environ), failed="docker pull failed, as shown above"
    )


def _run_shown(command: list[str], environment: dict[str, str], *, failed: str) -> str:
    """Run a command with its progress on standard error; return the last line of a failure, or `failed`.

    On a terminal the command draws there itself; elsewhere each of its lines is passed on.
    """
    sys.stderr.flush()
    live = sys.stderr.isatty()
    process = subprocess.Popen(
        command,
        env=environment,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
        stderr=None if live else subprocess.PIPE,
    )
    last = failed
    for line in process.stderr or ():
        sys.stderr.write(line)
        last = line.strip() or last
    return last if process.wait() != 0 else ""


def _last(text: str | None) -> list[str]:
    return [f"  {line}" for line in (text or "").strip().splitlines()[-8:]]
