"""Where something is reached: hosts, addresses, mail, channels and images."""

from __future__ import annotations

import re
from ipaddress import IPv4Address

from watchkeeper.spec.formats.malformed import Malformed, pattern

host = pattern(
    "WK109",
    r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?",
    "a host name",
    "write one such as monitoring.example.com",
)
no_proxy = pattern(
    "WK109",
    r"\.?[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:[0-9]{1,5}|/[0-9]{1,2})?|[0-9A-Fa-f:]{2,39}(/[0-9]{1,3})?",
    "a host, a domain, an address or a network",
    "write one such as .internal.example.com or 10.0.0.0/8",
)
mail = pattern(
    "WK109",
    r"[^\s@,;<>\"{}]{1,64}@[A-Za-z0-9.-]{1,190}",
    "a mail address",
    "write one such as oncall@example.com",
)
dns_name = pattern(
    "WK109",
    r"_?[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?",
    "a DNS name",
    "write one such as tasks.checkout or _metrics._tcp.checkout.example.com",
)
image = pattern(
    "WK107",
    r"[a-z0-9][\w./:-]*(@sha256:[0-9a-f]{64})?",
    "an image reference",
    "write one such as prom/prometheus:v3.15.0",
)


def address(text: str) -> tuple[str, int]:
    """Return host and port of `host:port`; an IPv6 host is in brackets."""
    remedy = "write host:port, such as checkout:8000"
    if "@" in text:
        raise Malformed(
            "WK218", "this address may contain a password, and a spec must not contain secrets", remedy
        )
    if "://" in text:
        raise Malformed("WK109", f"{text!r} has a scheme", remedy)
    match = re.fullmatch(
        r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?):([0-9]{1,5})", text
    )
    if match is None:
        raise Malformed("WK109", f"{text!r} is not host:port", remedy)
    port = int(match[3])
    if not 1 <= port <= 65535:
        raise Malformed("WK109", f"{port} is not a port", "ports go from 1 to 65535")
    return match[1], port


def url(text: str) -> str:
    """Return an http or https address without credentials in it."""
    if "@" in text:
        message = "this address may contain a password, and a spec must not contain secrets"
        raise Malformed("WK218", message, "write https://host/path")
    if not re.fullmatch(r"https?://[^\s/{}]+(/[^\s{}]*)?", text) or len(text) > 500:
        raise Malformed(
            "WK109", f"{text[:100]!r} is not an http(s) address", "write https://host/path, without braces"
        )
    return text


def proxy_url(text: str) -> str:
    """Return the address of a proxy without credentials in it."""
    if "@" in text:
        message = "this address may contain a password, and a spec must not contain secrets"
        remedy = "write http://host:port; with `proxy_from_environment` the environment of Alertmanager may have a password"
        raise Malformed("WK218", message, remedy)
    return url(text)


def ip_address(text: str) -> str:
    """Return an IPv4 address of this machine."""
    try:
        return str(IPv4Address(text))
    except ValueError:
        raise Malformed(
            "WK109", f"{text[:60]!r} is not an IPv4 address", "write 0.0.0.0, or one address"
        ) from None


def channel(text: str) -> str:
    """Return a Slack channel, a person, or the id of either."""
    if re.fullmatch(r"[#@][^\s#@,<>{}\"]{1,79}|[CDGUW][A-Z0-9]{7,20}", text) is None:
        plain = re.fullmatch(r"[\w.-]{1,79}", text)
        remedy = (
            f'did you mean "#{text}"?'
            if plain
            else 'write "#incidents", "@somebody" or an id such as C024BE91L'
        )
        raise Malformed("WK109", f"{text[:80]!r} is not a Slack channel", remedy)
    return text
