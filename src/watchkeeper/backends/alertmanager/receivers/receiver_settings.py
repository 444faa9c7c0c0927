"""Alertmanager's settings of any receiver."""

from __future__ import annotations

from watchkeeper.backends.alertmanager.receivers import (
    email_receiver,
    pagerduty_receiver,
    slack_receiver,
    webhook_receiver,
)
from watchkeeper.emit.yaml import Value
from watchkeeper.model.notify import Email, Integration, PagerDuty, Slack, Webhook
from watchkeeper.plan.plan import Plan


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
