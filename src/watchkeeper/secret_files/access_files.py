"""The folder with users, passwords and certificates of the stack's servers: what is wrong with it, and its upkeep.

Prometheus and Alertmanager read web.yml and the certificates again for each request, and Prometheus its own password
for each scrape. So every file is replaced whole, and the password together with its hash.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from watchkeeper import naming
from watchkeeper.emit import yaml
from watchkeeper.model.stack_access import (
    CA_FILE,
    CERT_FILE,
    KEY_FILE,
    OWN_USER,
    PASSWORD_FILE,
    USERS_FILE,
    WEB_CONFIG,
    Access,
    ServerTls,
)
from watchkeeper.secret_files.access_users import fits, hash_of, new_password, users_in, users_text
from watchkeeper.secret_files.certificates import pair_faults, pem_faults, trust_faults
from watchkeeper.secret_files.fault import Fault
from watchkeeper.stack.compose.container_secrets import group_of_secrets
from watchkeeper.stack.stack_error import StackError

# Its group may read, as containers do with the group of secrets.
_MODE = 0o640
_HEADER = "Written by watchkeeper from the users of this folder. DO NOT EDIT."


class AccessRefused(StackError):
    """The folder cannot be used; each line says what is wrong, with a remedy."""


@dataclass(frozen=True, slots=True)
class AccessFolder:
    """The folder of access below a root, for the access that a spec asks for."""

    root: Path
    access: Access

    @property
    def path(self) -> Path:
        """Return the folder."""
        return self.root / naming.ACCESS

    def faults(self) -> Iterator[tuple[str, Fault]]:
        """Yield what is wrong, with the file; what `prepare` would write is not missing."""
        for fault in self._read_users()[1]:
            yield USERS_FILE, fault
        tls = self.access.tls
        if tls is None:
            return
        uses = {CERT_FILE: "certificate", KEY_FILE: "key"} | (
            {CA_FILE: "ca"} if tls.authority == "private" else {}
        )
        broken = False
        for name, use in uses.items():
            for fault in self._pem(name, use):
                broken = True
                yield name, fault
        if not broken:
            yield from self._pair(tls)

    def _pair(self, tls: ServerTls) -> Iterator[tuple[str, Fault]]:
        pair = self.path / CERT_FILE, self.path / KEY_FILE
        wrong = [(KEY_FILE, fault) for fault in pair_faults(*pair)]
        authority = self.path / CA_FILE if tls.authority == "private" else None
        yield from wrong or ((CERT_FILE, fault) for fault in trust_faults(*pair, authority, tls.server_name))

    def _pem(self, name: str, use: str) -> Iterator[Fault]:
        try:
            content = (self.path / name).read_bytes()
        except FileNotFoundError:
            yield Fault(
                "missing", "does not exist", f"write the {use} as PEM to it, or remove `tls` from the spec"
            )
            return
        except OSError:
            yield Fault("unreadable", "cannot be read by the current user", "change its mode or owner")
            return
        yield from pem_faults(use, content)

    def users(self) -> dict[str, str]:
        """Return the hashes by name; raise AccessRefused for a file that is damaged."""
        users, faults = self._read_users()
        if faults:
            raise AccessRefused("\n".join(self._line(USERS_FILE, fault) for fault in faults))
        return users

    def prepare(self) -> dict[str, str]:
        """Write what the servers read, with a new password of the stack's own user if there is none; return the users.

        Raises AccessRefused, before anything is written, when a file of the user's is missing or damaged.
        """
        lines = [self._line(name, fault) for name, fault in self.faults()]
        if lines:
            raise AccessRefused("\n".join(lines))
        with self._locked():
            users, password = self.users(), self._password()
            if password is None or not fits(password, users.get(OWN_USER, "")):
                password = password or new_password()
                users[OWN_USER] = hash_of(password)
            self._write(users, password)
        return users

    def set_user(self, name: str, password: str) -> None:
        """Add a user or change a password; raise BadPassword or AccessRefused."""
        hashed = hash_of(password)
        with self._locked():
            self._write(self.users() | {name: hashed}, self._password())

    def remove_user(self, name: str) -> bool:
        """Remove a user; return whether there was one."""
        with self._locked():
            users = self.users()
            if name not in users:
                return False
            del users[name]
            self._write(users, self._password())
        return True

    def rotate(self) -> None:
        """Give the stack's own user a new password."""
        password = new_password()
        with self._locked():
            self._write(self.users() | {OWN_USER: hash_of(password)}, password)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the folder, so that no change of a user is lost to another command."""
        self.path.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _write(self, users: Mapping[str, str], password: str | None) -> None:
        # A change of the password and of its hash must be seen at one moment, as nearly as two files allow.
        fresh = [
            self._staged(USERS_FILE, users_text(users)),
            self._staged(WEB_CONFIG, self._web_config(users)),
        ]
        if password is not None:
            # Without a line break, which Jaeger would take as a part of the password.
            fresh.append(self._staged(PASSWORD_FILE, password))
        for place in fresh:
            if place is not None:
                place.replace(place.with_name(place.name.removesuffix(naming.TEMPORARY_SUFFIX)))

    def _staged(self, name: str, text: str) -> Path | None:
        place, content = self.path / name, text.encode()
        try:
            if place.read_bytes() == content:
                return None
        except OSError:
            pass
        fresh = place.with_name(name + naming.TEMPORARY_SUFFIX)
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
            file.write(content)
            os.fchmod(descriptor, _MODE)
            with contextlib.suppress(PermissionError):
                os.fchown(descriptor, -1, group_of_secrets())
        return fresh

    def _web_config(self, users: Mapping[str, str]) -> str:
        document: dict[str, yaml.Value] = {"basic_auth_users": dict(users)}
        if self.access.tls is not None:
            document["tls_server_config"] = {"cert_file": CERT_FILE, "key_file": KEY_FILE}
        return yaml.dump(document, header=_HEADER)

    def _read_users(self) -> tuple[dict[str, str], list[Fault]]:
        try:
            return users_in((self.path / USERS_FILE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}, []
        except (OSError, UnicodeDecodeError):
            return {}, [Fault("unreadable", "cannot be read", "change its mode or owner, or remove it")]

    def _password(self) -> str | None:
        try:
            return (self.path / PASSWORD_FILE).read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeDecodeError):
            return None

    def _line(self, name: str, fault: Fault) -> str:
        return f"{naming.ACCESS}/{name} {fault.message}; {fault.remedy}"
