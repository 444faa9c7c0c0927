"""Where alerts go on one machine: the console, mail, a webhook, an Alertmanager."""

from __future__ import annotations

import http.client
import json
import smtplib
import socket
import ssl
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from email.message import EmailMessage
from typing import Any, Final, TextIO
from urllib.parse import urlsplit

from ...redaction import redacted_url
from .alert_rules import Alert

_SECONDS: Final = 4.0
"""Less than a manager waits for its handlers."""
_SEVERITY: Final = {"info": "info", "warning": "warning", "error": "warning", "critical": "critical"}
_ALERTS: Final = "/api/v2/alerts"


class DeliveryError(Exception):
    """A receiver that did not take an alert; the text has no secrets."""


class ConsoleHandler:
    """Writes one line for each alert, to the standard error unless a stream is given."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def __call__(self, alert: Alert) -> None:
        state = "resolved" if alert.resolved else alert.level.value.upper()
        at = _iso(alert.time)
        print(f"{at} {state} {alert.name}: {alert.message}", file=self._stream or sys.stderr, flush=True)


class EmailHandler:
    """Sends each alert as a mail; `security` is none, starttls or tls."""

    def __init__(
        self,
        host: str,
        port: int = 587,
        *,
        sender: str,
        recipients: Sequence[str],
        username: str | None = None,
        password: str | None = None,
        security: str = "starttls",
    ) -> None:
        if security not in ("none", "starttls", "tls"):
            raise ValueError(f"security: {security!r} is none of none, starttls, tls")
        if isinstance(recipients, str) or not recipients:
            raise ValueError("recipients: is a list of addresses")
        self._host, self._port = host, port
        self._sender, self._recipients = sender, list(recipients)
        self._username, self._password = username, password
        self._security = security

    def __call__(self, alert: Alert) -> None:
        with self._connection() as server:
            if self._security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if self._username is not None:
                server.login(self._username, self._password or "")
            server.send_message(self._message(alert))

    def _connection(self) -> smtplib.SMTP:
        if self._security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self._host, self._port, timeout=_SECONDS, context=context)
        return smtplib.SMTP(self._host, self._port, timeout=_SECONDS)

    def _message(self, alert: Alert) -> EmailMessage:
        state = "resolved" if alert.resolved else alert.level.value
        message = EmailMessage()
        message["From"], message["To"] = self._sender, ", ".join(self._recipients)
        message["Subject"] = " ".join(f"[{state}] {alert.name}: {alert.message}".split())[:200]
        message.set_content(f"{alert.message}\n\nstate: {state}\nsince: {_iso(alert.started)}\n")
        return message


class WebhookHandler:
    """Posts each alert as a JSON object to a URL; anything but a status of 200 to 299 is a failure."""

    def __init__(self, url: str, *, headers: Mapping[str, str] | None = None) -> None:
        self._target = _Target(url, headers or {})

    def __call__(self, alert: Alert) -> None:
        self._target.post(alert.to_dict())


class AlertmanagerHandler:
    """Posts each alert to an Alertmanager (API v2), which groups, silences and routes it.

    `url` is the Alertmanager's address, with its prefix if it has one. An alert that is not repeated ends there
    after twice the rule's cooldown, at least five minutes.
    """

    def __init__(self, url: str, *, labels: Mapping[str, str] | None = None) -> None:
        self._target = _Target(url.rstrip("/") + _ALERTS, {})
        self._labels = {"instance": socket.gethostname(), **(labels or {})}

    def __call__(self, alert: Alert) -> None:
        labels = {**self._labels, "alertname": alert.name, "severity": _SEVERITY[alert.level.value]}
        ends = alert.time if alert.resolved else alert.time + max(300.0, 2 * alert.cooldown)
        annotations = {"summary": alert.message}
        times = {"startsAt": _iso(alert.started), "endsAt": _iso(ends)}
        self._target.post([{"labels": labels, "annotations": annotations, **times}])


class _Target:
    """One address to which JSON is posted; redirects are failures, since they would take the body elsewhere."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{redacted_url(url)!r} is no address; it begins with http:// or https://")
        self._secure, self._host, self._port = parts.scheme == "https", parts.hostname, parts.port
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._headers = {"content-type": "application/json", **headers}

    def post(self, document: Any) -> None:
        """Post the document; raises DeliveryError."""
        connection = self._connection()
        try:
            connection.request("POST", self._path, json.dumps(document), self._headers)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            raise DeliveryError(f"{self._host} does not answer: {type(error).__name__}") from None
        finally:
            connection.close()
        if not 200 <= status < 300:
            raise DeliveryError(f"{self._host} answered {status}")

    def _connection(self) -> http.client.HTTPConnection:
        if self._secure:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(self._host, self._port, timeout=_SECONDS, context=context)
        return http.client.HTTPConnection(self._host, self._port, timeout=_SECONDS)


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds")
