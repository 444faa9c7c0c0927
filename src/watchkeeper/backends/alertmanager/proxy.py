"""The proxy of notifications over HTTP. Mail goes to its server without one: Alertmanager has no proxy for SMTP."""

from __future__ import annotations

from typing import Final

from watchkeeper.emit.yaml import Commented, Value
from watchkeeper.model.notify import Email, Proxy, Receiver

# With a proxy's address and no exceptions, Alertmanager asks the proxy even for this machine.
_THIS_MACHINE: Final = ("localhost", "127.0.0.1", "::1")
_BY_ENVIRONMENT: Final = "HTTPS_PROXY, HTTP_PROXY and NO_PROXY of Alertmanager's environment."


def global_settings(proxy: Proxy | None) -> dict[str, Value]:
    """Return the part of the configuration that every receiver without settings of its own takes."""
    if proxy is None:
        return {}
    if proxy.url is None:
        return {"global": {"http_config": {"proxy_from_environment": Commented(True, _BY_ENVIRONMENT)}}}
    direct = ",".join(dict.fromkeys((*_THIS_MACHINE, *proxy.direct)))
    return {"global": {"http_config": {"proxy_url": proxy.url, "no_proxy": direct}}}


def settings_of(receiver: Receiver, proxy: Proxy | None) -> dict[str, Value]:
    """Return the settings that keep a receiver from the proxy of all; mail has no such settings."""
    if proxy is None or not receiver.direct or isinstance(receiver.integration, Email):
        return {}
    return {"http_config": {"follow_redirects": True}}
