"""Bugsink's settings and data in the state folder: one project, one user, a password that no one else can read."""

from __future__ import annotations

import os
import secrets
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from watchkeeper.model.stack import LOOPBACK
from watchkeeper.stack.sentry.bugsink_programs import REQUIREMENTS
from watchkeeper.stack.stack_error import StackError

USER = "admin@localhost"
# Its name in the network of containers.
IN_CONTAINERS = "sentry"
PASSWORD_FILE = "password"  # noqa: S105 -- the name of a file
_SETTINGS = """\
from pathlib import Path

from bugsink.settings.default import *  # noqa: F403

_HERE = Path(__file__).parent
SECRET_KEY = (_HERE / "secret_key").read_text()
ALLOWED_HOSTS = ["{host}", "localhost", "{inside}"]
DATABASES["default"]["NAME"] = str(_HERE / "db.sqlite3")
DATABASES["snappea"]["NAME"] = str(_HERE / "snappea.sqlite3")
# One process takes an event and stores it.
SNAPPEA = {{"TASK_ALWAYS_EAGER": True}}
EMAIL_BACKEND = "bugsink.email_backends.QuietConsoleEmailBackend"
BUGSINK = {{
    "BASE_URL": "http://{host}:{port}",
    "SINGLE_USER": True,
    "SINGLE_TEAM": True,
    "USER_REGISTRATION": "CB_NOBODY",
    # Nothing about this machine is sent to the server's makers.
    "PHONEHOME": False,
}}
"""
_SEED = """\
from pathlib import Path
from django.contrib.auth import get_user_model
from projects.models import Project
user = get_user_model()
if not user.objects.filter(username="{user}").exists():
    user.objects.create_superuser("{user}", "{user}", Path("password").read_text())
project, _ = Project.objects.get_or_create(slug="demo", defaults={{"name": {name!r}}})
print("key", project.id, project.sentry_key.hex)
"""


class Manage(Protocol):
    """Runs one of the server's commands on its data, with a text as input; returns what it prints."""

    def __call__(self, *words: str, text: str = "") -> str:
        """Raise StackError where the command fails."""


@dataclass(frozen=True, slots=True)
class Project:
    """The one project of the server: its number, and the key with which errors may be sent."""

    number: str
    key: str

    def dsn(self, host: str, port: int) -> str:
        """Return where errors go by a program that reaches the server at this address."""
        return f"http://{self.key}@{host}:{port}/{self.number}"


def prepare(folder: Path, run: Manage, *, port: int, project: str) -> Project:
    """Write the settings, bring the data up to date, and return the project; raise StackError.

    The slow part runs only at the first start and with another version.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in ("secret_key", PASSWORD_FILE):
        _keep_secret(folder / name)
    settings = _SETTINGS.format(host=LOOPBACK, inside=IN_CONTAINERS, port=port)
    (folder / "bugsink_conf.py").write_text(settings, encoding="utf-8")
    ready, key = folder / "ready", folder / "project"
    wanted = "\n".join(REQUIREMENTS)
    if not ready.is_file() or ready.read_text(encoding="utf-8") != wanted:
        run("migrate")
        answer = run("shell", text=_SEED.format(user=USER, name=project))
        key.write_text(_key(answer), encoding="utf-8")
        ready.write_text(wanted, encoding="utf-8")
    return Project(*key.read_text(encoding="utf-8").split())


def _keep_secret(path: Path) -> None:
    if path.is_file():
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secrets.token_urlsafe(48 if path.name == "secret_key" else 12))


def manage(folder: Path, programs: Path, *words: str, text: str = "") -> str:
    """Run one of the server's commands with the programs of this machine; raise StackError."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "DJANGO_SETTINGS_MODULE": "bugsink_conf"}
    done = subprocess.run(
        [str(programs / "bugsink-manage"), *words],
        cwd=folder,
        env=environment,
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise unprepared(folder, done.stderr)
    return done.stdout


def unprepared(folder: Path, message: str) -> StackError:
    """Return the error of a command that failed with this message."""
    last = (message.strip() or "no message").splitlines()[-1]
    return StackError(
        f"Bugsink's data in {folder} cannot be prepared: {last}; remove the folder to begin anew"
    )


def _key(answer: str) -> str:
    for line in answer.splitlines():
        word, _, rest = line.partition(" ")
        if word == "key":
            return rest
    raise StackError("Bugsink's data cannot be prepared: it names no project")
