"""The page in the folder of secrets: which file each receiver reads, and what to write to it. It contains no secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from watchkeeper import naming
from watchkeeper.emit import markdown
from watchkeeper.emit.header import generated_from
from watchkeeper.model.notify import Receiver, ReceiverKind
from watchkeeper.model.scrape import FileUse
from watchkeeper.plan.plan import Plan

CONTENT: Final[dict[ReceiverKind, str]] = {
    "slack": "the address of an incoming webhook, https://hooks.slack.com/services/…",
    "email": "the password of the account at the mail server",
    "pagerduty": "the integration key of an Events API v2 integration, 32 letters and digits",
    "webhook": "the webhook's address, https://…",
    "msteamsv2": "the address of the workflow that posts to the channel, https://…",
    "opsgenie": "the key of an API integration, 36 letters, digits and dashes",
    "telegram": "the bot's token: its number, a colon, and 35 letters and digits",
}
_HTTP_CONTENT: Final[dict[FileUse, str]] = {
    "ca": "the certificate of the authority that signed the server's, as PEM; no secret",
    "certificate": "the certificate that Alertmanager shows, as PEM; no secret",
    "key": "the key of that certificate, as PEM without a password",
    "password": "the password of the user at the gateway",
    "token": "the bearer token of the gateway",
}
_INTRODUCTION: Final = """\
Each file contains one secret and nothing else. Git ignores this folder, except for this page. Alertmanager reads a \
file at each notification, so a new secret needs no restart."""
_USE: Final = """\
Paths are relative to `monitoring/alertmanager/` unless they are absolute. Containers run as other users: give each \
file a group of yours and mode 0640, and set `WATCHKEEPER_SECRETS_GID` to that group (`watchkeeper up` sets it to \
your own). Check all files without showing them, then send a test message to each receiver:"""
_COMMANDS: Final = "watchkeeper secrets check\nwatchkeeper secrets check --send-test"


def render(plan: Plan) -> dict[str, str]:
    """Return the page by its path."""
    named = f"{naming.SECRETS}/README.md"
    if "secrets/README.md" in plan.routing.secret_files:
        return {}
    header = "".join(f"<!-- {line} -->\n" for line in generated_from(plan.source).splitlines())
    rows = _rows(plan)
    files = markdown.table(("file", "receiver", "content"), rows) if rows else "The spec names no secret.\n"
    parts = (
        "# Secrets of the receivers",
        _INTRODUCTION,
        files.rstrip(),
        _USE,
        markdown.fence(_COMMANDS, language="sh").rstrip(),
    )
    return {named: f"{header}\n" + "\n\n".join(parts) + "\n"}


def _rows(plan: Plan) -> list[tuple[str, str, str]]:
    return [
        (markdown.code(path), markdown.code(each.name), content)
        for each in plan.routing.receivers
        for path, content in _files(each)
    ]


def _files(receiver: Receiver) -> Iterator[tuple[str, str]]:
    if receiver.integration.secret_file is not None:
        yield receiver.integration.secret_file, CONTENT[receiver.integration.kind]
    for use, path in receiver.http.files if receiver.http is not None else ():
        yield path, _HTTP_CONTENT[use]
