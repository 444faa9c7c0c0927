"""Checks of how Prometheus reaches the services: credentials that others could read, and the demo, which has none."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper.model.position import Position
from watchkeeper.model.spec import Spec
from watchkeeper.spec.problem import Problem

_LOCAL = ("localhost", "host.docker.internal", "[::1]")


def check_scrapes(spec: Spec) -> Iterator[Problem]:
    """Yield every problem of the services' scrapes."""
    for service in spec.services:
        scrape = service.scrape
        where = scrape.where or service.where
        if service.name == spec.stack.demo and scrape.where is not None:
            message = (
                f"{service.name} is played by the demo, which is scraped by http and without credentials"
            )
            yield Problem(where, "WK111", message, "remove `scrape`")
        elif scrape.scheme == "http" and scrape.has_credentials:
            yield from _unencrypted(service.name, service.targets, where)


def _unencrypted(name: str, targets: tuple[str, ...], where: Position) -> Iterator[Problem]:
    """Yield a warning when a password or token leaves this machine and its network of containers unencrypted."""
    for host in (target.rpartition(":")[0] for target in targets):
        # A name without a dot is in the same network of containers.
        if host not in _LOCAL and not host.startswith("127.") and ("." in host or ":" in host):
            message = f"each scrape of {name} sends its password or token unencrypted to {host}"
            yield Problem(where, "WK310", message, "write `scheme: https`")
            return
