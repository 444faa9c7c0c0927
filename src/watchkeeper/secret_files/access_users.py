"""The users of the stack's servers, as `htpasswd -B` writes them: one NAME:HASH a line, with hashes of bcrypt."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Mapping
from typing import Final

from watchkeeper.model.stack_access import OWN_USER
from watchkeeper.secret_files.fault import Fault

NAME: Final = re.compile(r"[A-Za-z0-9_.@-]{1,100}")
_HASH: Final = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
# A hash that takes minutes to compare would keep the servers from answering.
_LEAST_COST, _MOST_COST, _COST = 4, 14, 10
_LONGEST, _LEAST = 72, 8
_OWN_LENGTH: Final = 40
_REMEDY: Final = "add the user with: watchkeeper access add NAME"


class BadPassword(ValueError):
    """A password cannot be used; the text says why, and never repeats it."""


def users_in(text: str) -> tuple[dict[str, str], list[Fault]]:
    """Return the hashes by name, and a fault for each line that is none; no fault repeats what may be a password."""
    users: dict[str, str] = {}
    faults = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, hashed = line.strip().partition(":")
        fault = _fault(name, hashed, users)
        if fault:
            faults.append(Fault("malformed", f"line {number}: {fault}", _REMEDY))
        else:
            users[name] = hashed
    return users, faults


def _fault(name: str, hashed: str, known: Mapping[str, str]) -> str:
    if not NAME.fullmatch(name):
        return "has no user before its colon"
    found = _HASH.fullmatch(hashed)
    if not hashed:
        return f"the hash of {name} is missing"
    if found is None:
        return f"{name} has no bcrypt hash, which begins with $2"
    if not _LEAST_COST <= int(found[1]) <= _MOST_COST:
        return f"the hash of {name} has a cost of {int(found[1])}, which is not from {_LEAST_COST} to {_MOST_COST}"
    return f"a second line has the user {name}" if name in known else ""


def users_text(users: Mapping[str, str]) -> str:
    """Return the lines of the file."""
    return "".join(f"{name}:{users[name]}\n" for name in sorted(users))


def hash_of(password: str) -> str:
    """Return the bcrypt hash; raise BadPassword for one that is too short, or that bcrypt would cut."""
    import bcrypt

    content = password.encode()
    if len(password) < _LEAST:
        raise BadPassword(f"the password has fewer than {_LEAST} characters")
    if len(content) > _LONGEST:
        raise BadPassword(f"the password has more than {_LONGEST} bytes, and bcrypt reads no more")
    if "\n" in password or "\r" in password or "\0" in password:
        raise BadPassword("the password contains a line break")
    return bcrypt.hashpw(content, bcrypt.gensalt(_COST)).decode()


def fits(password: str, hashed: str) -> bool:
    """Return whether a hash is that of a password."""
    import bcrypt

    try:
        return bcrypt.checkpw(password.encode(), hashed.encode())
    except ValueError:
        return False


def new_password() -> str:
    """Return a password for the stack's own user: letters only, which every configuration takes as text."""
    return "".join(secrets.choice(string.ascii_letters) for _ in range(_OWN_LENGTH))


def people(users: Mapping[str, str]) -> list[str]:
    """Return the users besides the stack's own."""
    return sorted(set(users) - {OWN_USER})
