"""Alertmanager's settings of any receiver, and the texts of all of them."""

from __future__ import annotations

from typing import Final

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
    Slack,
    Telegram,
    Webhook,
)
from watchkeeper.plan.plan import Plan

_KINDS: Final = (
    slack_receiver,
    pagerduty_receiver,
    email_receiver,
    msteams_receiver,
    opsgenie_receiver,
    telegram_receiver,
)
TEMPLATE: Final = "\n".join(kind.TEMPLATE for kind in _KINDS)


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
