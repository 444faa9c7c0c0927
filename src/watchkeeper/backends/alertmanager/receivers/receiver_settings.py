"""Alertmanager's settings of any receiver, and the texts of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from watchkeeper.backends.alertmanager import message_parts
from watchkeeper.backends.alertmanager.receivers import (
    email_receiver,
    msteams_receiver,
    opsgenie_receiver,
    pagerduty_receiver,
    slack_receiver,
    telegram_receiver,
    webhook_receiver,
)
from watchkeeper.emit.yaml import Value
from watchkeeper.model.notify import (
    Email,
    Integration,
    MSTeams,
    Opsgenie,
    PagerDuty,
    ReceiverKind,
    Slack,
    Telegram,
    Webhook,
)
from watchkeeper.plan.plan import Plan

_TEMPLATES: Final[Mapping[ReceiverKind, str]] = {
    "slack": slack_receiver.TEMPLATE,
    "pagerduty": pagerduty_receiver.TEMPLATE,
    "email": email_receiver.TEMPLATE,
    "msteamsv2": msteams_receiver.TEMPLATE,
    "opsgenie": opsgenie_receiver.TEMPLATE,
    "telegram": telegram_receiver.TEMPLATE,
}


def templates(integrations: Iterable[Integration]) -> str:
    """Return the texts of the kinds that the spec uses."""
    used = {integration.kind for integration in integrations}
    return "\n".join((message_parts.TEMPLATE, *(text for kind, text in _TEMPLATES.items() if kind in used)))


def settings(integration: Integration, plan: Plan) -> dict[str, Value]:
    """Return one entry of the list that Alertmanager calls `<kind>_configs`."""
    match integration:
        case Slack():
            return slack_receiver.settings(integration, plan)
        case PagerDuty():
            return pagerduty_receiver.settings(integration, plan)
        case Email():
            return email_receiver.settings(integration, plan)
        case Webhook():
            return webhook_receiver.settings(integration, plan)
        case MSTeams():
            return msteams_receiver.settings(integration, plan)
        case Opsgenie():
            return opsgenie_receiver.settings(integration, plan)
        case Telegram():
            return telegram_receiver.settings(integration, plan)
