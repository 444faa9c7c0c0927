"""How Prometheus reaches the metrics of a service: encrypted, and with which credentials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from watchkeeper.model.position import Position

Scheme = Literal["http", "https"]
FileUse = Literal["ca", "certificate", "key", "password", "token"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTls:
    """What a client checks and shows; paths of PEM files. Without `ca_file` the system's authorities are trusted.

    `server_name` is the name that the server's certificate must have, None for the target's host.
    """

    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    server_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrape:
    """The scheme and the credentials of a service's scrapes; secrets are paths of files, never values."""

    scheme: Scheme = "http"
    tls: ClientTls | None = None
    username: str | None = None
    password_file: str | None = None
    bearer_token_file: str | None = None
    where: Position | None = None

    @property
    def files(self) -> tuple[tuple[FileUse, str], ...]:
        """Return the files that Prometheus reads for a scrape, with their use."""
        tls = self.tls or ClientTls()
        found: tuple[tuple[FileUse, str | None], ...] = (
            ("ca", tls.ca_file),
            ("certificate", tls.cert_file),
            ("key", tls.key_file),
            ("password", self.password_file),
            ("token", self.bearer_token_file),
        )
        return tuple((use, path) for use, path in found if path is not None)

    @property
    def has_credentials(self) -> bool:
        """Return whether a scrape sends a password or a token."""
        return self.password_file is not None or self.bearer_token_file is not None
