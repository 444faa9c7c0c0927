"""The address of a project in a Sentry server, from its DSN."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class SentryAddress:
    """A project: its server, with the path below which that is served, and its public key."""

    scheme: str
    host: str
    port: int
    path: str
    project: str
    key: str

    @property
    def envelopes(self) -> str:
        """Return the URL that takes envelopes."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        query = f"sentry_version=7&sentry_key={self.key}"
        return f"{self.scheme}://{host}:{self.port}{self.path}/api/{self.project}/envelope/?{query}"


def address_of(dsn: str) -> SentryAddress:
    """Return the project of a DSN, `https://KEY@HOST/PROJECT`; raise ValueError, without repeating the DSN."""
    try:
        parts = urlsplit(dsn)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("no DSN") from None
    path, _, project = parts.path.rpartition("/")
    key = parts.username or ""
    usable = parts.scheme in ("http", "https") and host and project.isascii() and project.isdigit()
    if not usable or not (key.isascii() and key.isalnum()) or parts.query or parts.fragment:
        raise ValueError("no DSN")
    default = 443 if parts.scheme == "https" else 80
    return SentryAddress(parts.scheme, host or "", port or default, path, project, key)
