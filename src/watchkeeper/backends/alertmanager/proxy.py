"""How Alertmanager reaches the servers of receivers: a proxy of all, and settings of single ones.

Mail goes to its server without any of them: Alertmanager has no proxy for SMTP.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from watchkeeper.emit.yaml import Commented, Value
from watchkeeper.model.notify import Email, Proxy, Receiver
from watchkeeper.model.scrape import ReceiverHttp
from watchkeeper.plan.http_credentials import credentials

# With a proxy's address and no exceptions, Alertmanager asks the proxy even for this machine.
_THIS_MACHINE: Final = ("localhost", "127.0.0.1", "::1")
_BY_ENVIRONMENT: Final = "HTTPS_PROXY, HTTP_PROXY and NO_PROXY of Alertmanager's environment."


def global_settings(proxy: Proxy | None) -> dict[str, Value]:
    """Return the part of the configuration that every receiver without settings of its own takes."""
    return {"global": {"http_config": _of_all(proxy)}} if proxy is not None else {}


def settings_of(receiver: Receiver, proxy: Proxy | None) -> dict[str, Value]:
    """Return a receiver's own settings, which replace those of all: they contain the proxy of all as well.

    A receiver that is kept from the proxy of all has settings without one. Mail has no such settings.
    """
    if isinstance(receiver.integration, Email):
        return {}
    if receiver.http is not None:
        return {"http_config": _own(receiver.http, proxy)}
    return {"http_config": {"follow_redirects": True}} if proxy is not None and receiver.direct else {}


def _of_all(proxy: Proxy) -> dict[str, Value]:
    if proxy.url is None:
        return {"proxy_from_environment": Commented(True, _BY_ENVIRONMENT)}
    return _through(proxy.url, proxy.direct)


def _through(url: str, direct: Sequence[str]) -> dict[str, Value]:
    return {"proxy_url": url, "no_proxy": ",".join(dict.fromkeys((*_THIS_MACHINE, *direct)))}


def _own(http: ReceiverHttp, proxy: Proxy | None) -> dict[str, Value]:
    entry = credentials(http)
    entry["follow_redirects"] = http.follow_redirects
    if http.proxy_url is not None:
        return entry | _through(http.proxy_url, http.no_proxy)
    return entry | (_of_all(proxy) if proxy is not None else {})
