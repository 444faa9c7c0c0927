"""How a server of the stack reaches another one: Prometheus a service's metrics, Alertmanager a receiver."""

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

    @property
    def files(self) -> tuple[tuple[FileUse, str], ...]:
        """Return the files of certificates, with their use."""
        return _named(("ca", self.ca_file), ("certificate", self.cert_file), ("key", self.key_file))


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
        own = _named(("password", self.password_file), ("token", self.bearer_token_file))
        return (*(self.tls.files if self.tls is not None else ()), *own)

    @property
    def has_credentials(self) -> bool:
        """Return whether a scrape sends a password or a token."""
        return self.password_file is not None or self.bearer_token_file is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverHttp:
    """How Alertmanager reaches one receiver, behind a gateway for example; secrets are paths of files, never values.

    `proxy_url` replaces the proxy of all receivers, and `no_proxy` lists what it does not serve.
    """

    tls: ClientTls | None = None
    username: str | None = None
    password_file: str | None = None
    bearer_token_file: str | None = None
    follow_redirects: bool = True
    proxy_url: str | None = None
    no_proxy: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[tuple[FileUse, str], ...]:
        """Return the files that Alertmanager reads to reach the receiver, with their use."""
        own = _named(("password", self.password_file), ("token", self.bearer_token_file))
        return (*(self.tls.files if self.tls is not None else ()), *own)


def _named(*found: tuple[FileUse, str | None]) -> tuple[tuple[FileUse, str], ...]:
    return tuple((use, path) for use, path in found if path is not None)
