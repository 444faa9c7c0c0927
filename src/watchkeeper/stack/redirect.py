"""Redirect receivers whose secret is missing to the local sinks: a fresh machine shows real notifications.

Only the spec's `notify` changes, and it is planned and rendered like the original; no rendered file is edited.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import quote

from watchkeeper.model.notify import (
    Email,
    Integration,
    MSTeams,
    Notify,
    Opsgenie,
    PagerDuty,
    Receiver,
    Slack,
    Telegram,
    Webhook,
)
from watchkeeper.model.stack import LOOPBACK, Ports

Exists = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Sinks:
    """The addresses at which Alertmanager reaches the sinks, each as HOST:PORT."""

    http: str
    smtp: str


@dataclass(frozen=True, slots=True)
class RedirectedReceivers:
    """`notify` with some receivers redirected to the sinks, their names, and the files that replace their secrets.

    `missing` is the file that each of them lacks.
    """

    notify: Notify
    receivers: tuple[str, ...]
    files: tuple[tuple[str, str], ...]
    missing: tuple[str, ...] = ()


def native_sinks(ports: Ports) -> Sinks:
    """Return the addresses of the sinks that run as a process."""
    return Sinks(http=f"{LOOPBACK}:{ports.sinks}", smtp=f"{LOOPBACK}:{ports.smtp}")


def redirect(notify: Notify, sinks: Sinks, *, exists: Exists) -> RedirectedReceivers:
    """Redirect every receiver of which a file does not exist."""
    receivers, names, files, missing = [], [], [], []
    for receiver in notify.receivers:
        # With a certificate that is missing, Alertmanager would not even start.
        lacks = next((path for path in receiver.secret_files if not exists(path)), None)
        if lacks is None:
            receivers.append(receiver)
            continue
        local, content = _local(receiver, sinks)
        receivers.append(replace(receiver, integration=local, direct=True, http=None))
        names.append(receiver.name)
        missing.append(lacks)
        files += [(_path(receiver), content)] if content else []
    # Without its address the switch would be called in vain, and each call would count as a failed notification.
    switch = notify.dead_man if notify.dead_man is not None and exists(notify.dead_man.url_file) else None
    changed = replace(notify, receivers=tuple(receivers), dead_man=switch)
    return RedirectedReceivers(changed, tuple(names), tuple(files), tuple(missing))


def redirect_all(notify: Notify, sinks: Sinks) -> RedirectedReceivers:
    """Redirect every receiver, as a drill does: no real person is notified."""
    receivers = [(receiver, *_local(receiver, sinks)) for receiver in notify.receivers]
    return RedirectedReceivers(
        replace(
            notify,
            receivers=tuple(
                replace(each, integration=local, direct=True, http=None) for each, local, _ in receivers
            ),
            dead_man=None,
        ),
        tuple(each.name for each, _, _ in receivers),
        tuple((_path(each), content) for each, _, content in receivers if content),
    )


def _local(receiver: Receiver, sinks: Sinks) -> tuple[Integration, str]:
    """Return the integration that reaches the sinks, and the content of its secret file.

    The address names the receiver, so that the sinks can distinguish two receivers of one kind.
    """
    named = f"?receiver={quote(receiver.name, safe='')}"
    match receiver.integration:
        case Slack() as slack:
            return replace(slack, webhook_file=_path(receiver)), f"http://{sinks.http}/slack/local{named}\n"
        case PagerDuty() as pagerduty:
            url = f"http://{sinks.http}/pagerduty/v2/enqueue{named}"
            return replace(pagerduty, routing_key_file=_path(receiver), url=url), "local-sink\n"
        case Webhook() as webhook:
            return replace(webhook, url_file=_path(receiver)), f"http://{sinks.http}/webhook/local{named}\n"
        case MSTeams() as teams:
            return replace(teams, webhook_file=_path(receiver)), f"http://{sinks.http}/msteamsv2{named}\n"
        case Opsgenie() as opsgenie:
            url = f"http://{sinks.http}/opsgenie/{quote(receiver.name, safe='')}/"
            return replace(opsgenie, api_key_file=_path(receiver), api_url=url), "local-sink\n"
        case Telegram() as telegram:
            url = f"http://{sinks.http}/telegram/{quote(receiver.name, safe='')}"
            return replace(telegram, bot_token_file=_path(receiver), api_url=url), "local-sink\n"
        case Email() as email:
            plain = replace(email, smarthost=sinks.smtp, auth_username=None, auth_password_file=None)
            return replace(plain, require_tls=False), ""


def _path(receiver: Receiver) -> str:
    return f"local/{receiver.name}"
