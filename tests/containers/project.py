"""A Compose project of its own: started, asked, and removed with everything that it made."""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from watchkeeper.toolchain import ensure


class Project:
    """One run of a Compose file under a name that no other has."""

    def __init__(self, file: Path, *, variables: Mapping[str, str], overrides: Sequence[Path] = ()) -> None:
        """Prepare the project of `file`; nothing is started yet."""
        self.name = f"watchkeeper-test-{uuid.uuid4().hex[:8]}"
        self._files = [file, *overrides]
        self._folder = file.parent
        self._environment = {**os.environ, **variables, "COMPOSE_MENU": "false"}
        self._program = ensure(["docker-compose"])["docker-compose"].path

    def up(self, *services: str, within: int) -> None:
        """Start the services and what they depend on; fail with their logs unless all are healthy in time."""
        options = ["--detach", "--no-build", "--pull=never", "--wait", f"--wait-timeout={within}"]
        done = self._run("up", *options, *services, timeout=within + 60)
        if done.returncode != 0:
            raise AssertionError(f"the stack did not come up:\n{done.stderr}\n{self.logs()}")

    def run(self, *arguments: str) -> str:
        """Return what a Compose command prints; fail with its own words when it fails."""
        done = self._run(*arguments, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def states(self) -> dict[str, tuple[str, str]]:
        """Return the state and the health of each service."""
        listed = [json.loads(line) for line in self.run("ps", "--all", "--format=json").splitlines()]
        return {each["Service"]: (each["State"], each["Health"]) for each in listed}

    def address(self, service: str, port: int) -> str:
        """Return HOST:PORT of this machine behind which the service's port is."""
        return self.run("port", service, str(port)).strip()

    def logs(self) -> str:
        """Return the latest lines of every service."""
        return self._run("logs", "--no-color", "--tail=60", timeout=60).stdout

    def remove(self) -> None:
        """Stop everything and remove the containers, the network and the volumes."""
        self.run("down", "--volumes", "--remove-orphans", "--timeout=5")

    def _run(self, *arguments: str, timeout: int) -> subprocess.CompletedProcess[str]:
        files = [option for file in self._files for option in ("--file", str(file))]
        return subprocess.run(
            [str(self._program), "--project-name", self.name, *files, *arguments],
            cwd=self._folder,
            env=self._environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
