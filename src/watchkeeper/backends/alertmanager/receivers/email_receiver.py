"""E-mail: Alertmanager's settings of a mailbox and the server that takes its mail."""

from __future__ import annotations

from watchkeeper.emit.yaml import Value
from watchkeeper.model.notify import Email
from watchkeeper.plan.plan import Plan


def settings(email: Email, plan: Plan) -> dict[str, Value]:
    """Return one entry of `email_configs`."""
    del plan
    entry: dict[str, Value] = {
        "to": email.to,
        "from": email.sender,
        "smarthost": email.smarthost,
        "require_tls": email.require_tls,
        "send_resolved": True,
        "headers": {"Subject": '{{ template "watchkeeper.title" . }}'},
        "text": '{{ template "watchkeeper.mail" . }}',
        "html": "",
    }
    if email.auth_username is not None:
        entry["auth_username"] = email.auth_username
    if email.auth_password_file is not None:
        entry["auth_password_file"] = email.auth_password_file
    return entry
