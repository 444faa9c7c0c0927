"""What a receiver of the spec promises about its integration: where messages go, with which key, and that resolves go too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from watchkeeper.model.notify import DEAD_MAN, Receiver
from watchkeeper.plan.plan import WatchdogRoute
from watchkeeper.verify.routing.routing_config import IntegrationEntry

# Alertmanager's names of the settings, and those of the model.
_SETTINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "slack": {"api_url_file": "webhook_file", "channel": "channel"},
    "email": {
        "to": "to",
        "from": "sender",
        "smarthost": "smarthost",
        "auth_username": "auth_username",
        "auth_password_file": "auth_password_file",
        "require_tls": "require_tls",
    },
    "pagerduty": {"routing_key_file": "routing_key_file", "url": "url"},
    "webhook": {"url_file": "url_file"},
    "msteamsv2": {"webhook_url_file": "webhook_file"},
    "opsgenie": {"api_key_file": "api_key_file", "api_url": "api_url"},
    "telegram": {"bot_token_file": "bot_token_file", "chat_id": "chat_id", "api_url": "api_url"},
}
_SENDS_NO_RESOLVES: Final = ("slack", "email")


def promised(receiver: Receiver, proxy: Mapping[str, object]) -> IntegrationEntry:
    """Return what the published integration of a receiver must say; `proxy` are the settings of the proxy of all."""
    integration = receiver.integration
    settings = {key: getattr(integration, ours) for key, ours in _SETTINGS[integration.kind].items()}
    own = {"send_resolved": True, "http_config": _http(receiver, proxy)}
    return IntegrationEntry(integration.kind, {**settings, **own}, name=receiver.name)


def _http(receiver: Receiver, proxy: Mapping[str, object]) -> object:
    """Return how the receiver's server is reached: without settings of its own, by those of all."""
    http = receiver.http
    if http is None:
        return None
    tls = http.tls
    wanted: dict[str, object] = {
        "tls_config": tls
        and {key: getattr(tls, key) for key in ("ca_file", "cert_file", "key_file", "server_name")},
        "basic_auth": http.password_file and {"username": http.username, "password_file": http.password_file},
        "authorization": http.bearer_token_file and {"credentials_file": http.bearer_token_file},
        "follow_redirects": http.follow_redirects,
        **(proxy_settings(http.proxy_url, http.no_proxy) if http.proxy_url is not None else proxy),
    }
    return _without_nothing(wanted)


def proxy_settings(url: str, direct: Sequence[str]) -> dict[str, object]:
    """Return the settings of a proxy: without exceptions, Alertmanager asks it even for this machine."""
    return {"proxy_url": url, "no_proxy": ",".join(sorted({"localhost", "127.0.0.1", "::1", *direct}))}


def _without_nothing(settings: Mapping[str, object]) -> dict[str, object]:
    return {
        key: _without_nothing(value) if isinstance(value, Mapping) else value
        for key, value in settings.items()
        if value is not None
    }


def promised_switch(watchdog: WatchdogRoute) -> tuple[IntegrationEntry, ...]:
    """Return the call of the dead-man's switch, which must not be told of resolved alerts; nothing for nobody."""
    if watchdog.url_file is None:
        return ()
    return (
        IntegrationEntry("webhook", {"url_file": watchdog.url_file, "send_resolved": False}, name=DEAD_MAN),
    )


def differences(wanted: IntegrationEntry, published: IntegrationEntry) -> tuple[str, ...]:
    """Return which settings differ, in words."""
    return tuple(
        f"`{key}` is {_shown(has)} and not {_shown(value)}"
        for key, value in wanted.settings.items()
        if (has := _setting(published, key)) != value
    )


def _setting(entry: IntegrationEntry, key: str) -> Any:
    if key == "send_resolved":
        return entry.settings.get(key, entry.kind not in _SENDS_NO_RESOLVES)
    has = entry.settings.get(key, True if key == "require_tls" else None)
    if key == "http_config" and isinstance(has, Mapping) and "no_proxy" in has:
        return {**has, "no_proxy": ",".join(sorted(str(has["no_proxy"]).split(",")))}
    return has


def _shown(value: object) -> str:
    return "missing" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
