"""Who may reach the servers of the stack: users with passwords, TLS, and the address on which they listen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from watchkeeper.model.position import Position

# The stack's own programs and commands use this user, whose password is a file.
OWN_USER: Final = "watchkeeper"
Authority = Literal["private", "system"]

# Where containers mount the folder of access.
ACCESS_FOLDER: Final = "/etc/watchkeeper/access"
# Names of the files in the folder of access. Only the last two are written by people.
PASSWORD_FILE: Final = "password"  # noqa: S105 -- the name of a file
USERS_FILE: Final = "users"
WEB_CONFIG: Final = "web.yml"
CLIENT_CONFIG: Final = "client.yml"
CA_FILE: Final = "ca.crt"
CERT_FILE: Final = "tls.crt"
KEY_FILE: Final = "tls.key"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTls:
    """The certificate of all servers: the name in it, and who signed it; `private` is the authority in ca.crt."""

    server_name: str
    authority: Authority = "private"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Passwords for Prometheus, Alertmanager and Jaeger, always; TLS and another address only if the spec says so."""

    tls: ServerTls | None = None
    listen: str | None = None
    where: Position | None = None
