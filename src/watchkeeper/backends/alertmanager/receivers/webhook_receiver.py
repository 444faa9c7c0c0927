"""Any webhook: Alertmanager's settings; the payload is Alertmanager's own, which no template changes."""

from __future__ import annotations

from watchkeeper.emit.yaml import Value
from watchkeeper.model.notify import Webhook
from watchkeeper.plan.plan import Plan


def settings(webhook: Webhook, plan: Plan) -> dict[str, Value]:
    """Return one entry of `webhook_configs`."""
    del plan
    return {"url_file": webhook.url_file, "send_resolved": True}
