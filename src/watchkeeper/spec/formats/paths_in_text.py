"""Paths of files and of requests."""

from __future__ import annotations

import re

from watchkeeper.spec.formats.malformed import Malformed, pattern

_HOST_FIRST = re.compile(r"[\w.-]+\.(com|net|org|io)/", re.IGNORECASE)
target_file = pattern(
    "WK109",
    r"(?!.*(^|/)\.\.(/|$))(/|discovery/)[^*\x00-\x1f\\]{0,200}(\*[^/\x00-\x1f\\]{0,60})?\.(json|yml|yaml)",
    "a file of targets",
    "write an absolute path, or one such as discovery/checkout-*.json",
)
http_path = pattern("WK109", r"/[!-\"$->@-~]{0,200}", "a path", "write one such as /metrics, without ? and #")


def secret_path(text: str) -> str:
    """Return a path, which has a slash; raise Malformed for what may be the secret itself, without repeating it."""
    if not text.strip():
        raise Malformed("WK109", "the path is empty", "write secrets/NAME or /absolute/path")
    # Tokens have colons or equals signs, passwords and keys no slash; an address may lack its scheme.
    if "/" not in text or re.search(r"[\x00-\x1f\x7f:=]", text) or _HOST_FIRST.match(text):
        raise Malformed(
            "WK218",
            "this is no path and may be the secret itself, and a spec must not contain secrets",
            "write the secret to a file and name that file, such as secrets/slack_webhook",
        )
    if ".." in text.split("/"):
        raise Malformed(
            "WK109",
            f"{text!r} is not a path inside the configuration",
            "write secrets/NAME or /absolute/path",
        )
    return text


def scrape_path(text: str) -> str:
    """Return the path of a file for Prometheus: absolute, or in its folder of secrets."""
    if not secret_path(text).startswith(("/", "secrets/")) or text.endswith("/"):
        message = f"{text!r} is not in the folder of Prometheus' secrets"
        raise Malformed(
            "WK109", message, "write secrets/NAME, below monitoring/prometheus/, or /absolute/path"
        )
    return text


def route(text: str) -> str:
    """Return a path or a route template as the middleware names it, such as /items/{id}."""
    if not re.fullmatch(r"/[!-\"$->@-~]{0,199}", text):
        raise Malformed(
            "WK109", f"{text!r} is not a path or a route template", "write one such as /items/{id}"
        )
    if "*" in text:
        raise Malformed("WK109", f"{text!r} is a pattern, and routes are compared whole", "list the routes")
    if ":" in "".join(re.findall(r"\{[^{}]*\}", text)):
        plain = re.sub(r"\{([^{}:]*):[^{}]*\}", r"{\1}", text)
        raise Malformed("WK109", f"{text!r} contains a converter, and handlers have none", f"write {plain}")
    return text
