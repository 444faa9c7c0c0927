"""What is wrong with the content of a secret file, for the kind of receiver that reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from watchkeeper.model.notify import ReceiverKind
from watchkeeper.secret_files.fault import Fault
from watchkeeper.secret_files.placeholders import is_placeholder, is_placeholder_address

_SLACK_HOSTS: Final = ("hooks.slack.com", "hooks.slack-gov.com")
_SLACK_PATH: Final = re.compile(r"/(services|workflows|triggers)(/[^/]+){3,}")
_SLACK_REMEDY: Final = "write the address of an incoming webhook, https://hooks.slack.com/services/…"
_KEY_LENGTH: Final = 32
_REST_LENGTH: Final = 20
_KEY_REMEDY: Final = "write the integration key of an Events API v2 integration, 32 letters and digits"


def content_faults(kind: str, content: bytes) -> Iterator[Fault]:
    """Yield the faults of a file's content; `kind` is a receiver's, `password` or `token` of a scrape, or `grafana`.

    The first faults hide later ones.
    """
    fault = _unusable(content)
    if fault is not None:
        yield fault
        return
    text = content.decode().strip()
    address = address_in(text)
    if is_placeholder(text) or (
        address is not None and is_placeholder_address(address.hostname or "", address.path)
    ):
        yield Fault("placeholder", "looks like a placeholder", "write the secret itself")
        return
    check = CHECKS.get(kind)
    if check is not None:
        yield from check(text, address)


def _unusable(content: bytes) -> Fault | None:
    """Return why no kind of receiver could use the content. Alertmanager drops blanks at both ends, and nothing else."""
    if not content:
        return Fault("empty", "is empty", "write the secret to it")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return Fault("binary", "is not text", "write the secret as plain text")
    if not text.strip():
        return Fault("blank", "contains blanks and line breaks only", "write the secret to it")
    if text.startswith("\ufeff"):
        return Fault("binary", "begins with a byte order mark", "save the file as UTF-8 without one")
    if len(text.split("\n")) > 1 and len(text.strip().splitlines()) > 1:
        return Fault("lines", "has several lines", "write the secret alone, without comments")
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text.strip()):
        return Fault("binary", "contains control characters", "write the secret as plain text")
    return None


def address_in(text: str) -> SplitResult | None:
    """Return a text as an address with a host, or None."""
    try:
        parts = urlsplit(text)
        return parts if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 else None
    except ValueError:
        return None


def is_local(host: str) -> bool:
    """Return whether traffic to a host stays on this machine, or in the network of its containers."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".internal"))


def _insecure(address: SplitResult) -> Iterator[Fault]:
    if address.scheme == "http" and not is_local(address.hostname or ""):
        yield Fault("insecure", "is an address without https", "write the address with https://")


def _slack(text: str, address: SplitResult | None) -> Iterator[Fault]:
    if address is None:
        what = "a Slack token" if re.match(r"xox[a-z]-|xapp-", text) else "no address"
        yield Fault("wrong-kind", f"looks like {what}, not like a Slack webhook", _SLACK_REMEDY)
        return
    yield from _insecure(address)
    host = address.hostname or ""
    if host.endswith("pagerduty.com"):
        yield Fault("wrong-kind", "is an address of PagerDuty, not of a Slack webhook", _SLACK_REMEDY)
    elif host in _SLACK_HOSTS and not _SLACK_PATH.fullmatch(address.path):
        yield Fault("malformed", "is a Slack webhook without all parts of its path", _SLACK_REMEDY)
    elif host not in _SLACK_HOSTS and host.endswith("slack.com"):
        yield Fault("wrong-kind", "is an address of Slack, but not of a webhook", _SLACK_REMEDY)


def _pagerduty(text: str, address: SplitResult | None) -> Iterator[Fault]:
    if address is not None:
        whose = "a Slack webhook" if address.hostname in _SLACK_HOSTS else "an address"
        yield Fault("wrong-kind", f"looks like {whose}, not like a PagerDuty key", _KEY_REMEDY)
    elif len(text) == _REST_LENGTH:
        message = f"has {_REST_LENGTH} characters, as a key of PagerDuty's REST API"
        yield Fault("wrong-kind", message, _KEY_REMEDY)
    elif len(text) != _KEY_LENGTH:
        message = f"has {len(text)} characters, and a PagerDuty key has {_KEY_LENGTH}"
        yield Fault("malformed", message, _KEY_REMEDY)
    elif not re.fullmatch(r"[a-zA-Z0-9]+", text):
        yield Fault("malformed", "contains characters that a PagerDuty key never has", _KEY_REMEDY)


def _webhook(_text: str, address: SplitResult | None) -> Iterator[Fault]:
    if address is None:
        yield Fault("wrong-kind", "is not an address", "write the webhook's address, https://…")
        return
    yield from _insecure(address)
    if address.hostname in _SLACK_HOSTS:
        message = "is a Slack webhook, which refuses the posts of a plain webhook"
        yield Fault("wrong-kind", message, "use `type: slack` for this receiver")


def _password(_text: str, address: SplitResult | None) -> Iterator[Fault]:
    if address is not None:
        yield Fault(
            "wrong-kind", "looks like an address, not like a password", "write the account's password"
        )


def _token(text: str, address: SplitResult | None) -> Iterator[Fault]:
    if address is not None or text.lower().startswith("bearer "):
        message = "is not a token alone"
        yield Fault("wrong-kind", message, "write the token without the word Bearer, and no address")


def _opsgenie(text: str, _address: SplitResult | None) -> Iterator[Fault]:
    if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text, re.IGNORECASE):
        message = "is not a key of Opsgenie, which has five groups of hexadecimal digits"
        yield Fault("malformed", message, "write the key of an API integration")


def _telegram(text: str, _address: SplitResult | None) -> Iterator[Fault]:
    if not re.fullmatch(r"[0-9]{6,12}:[A-Za-z0-9_-]{35}", text):
        message = (
            "is not a bot's token, which is a number, a colon and 35 letters, digits, dashes or underscores"
        )
        yield Fault("malformed", message, "write the token that BotFather gave for the bot")


Check = Callable[[str, SplitResult | None], Iterator[Fault]]
# A row for each kind of receiver, for the credentials of scrapes, and Grafana's password.
CHECKS: Final[Mapping[ReceiverKind | str, Check]] = {
    "slack": _slack,
    "pagerduty": _pagerduty,
    "webhook": _webhook,
    "msteamsv2": _webhook,
    "opsgenie": _opsgenie,
    "telegram": _telegram,
    "email": _password,
    "password": _password,
    "token": _token,
    "grafana": _password,
}
