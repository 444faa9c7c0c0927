"""Microsoft Teams: Alertmanager's settings of a workflow's webhook, and its message: the texts of an Adaptive Card.

A card reads Markdown, where only two line breaks end a line. Alertmanager colors the title by the state.
"""

from __future__ import annotations

from typing import Final

from watchkeeper.backends.alertmanager import message_parts as parts
from watchkeeper.emit.yaml import Value
from watchkeeper.model.notify import MSTeams
from watchkeeper.plan.plan import Plan

_CARD: Final = parts.Dialect(((r"([\\*\[\]<>\x60])", r"`\$1`"),))


def settings(teams: MSTeams, plan: Plan) -> dict[str, Value]:
    """Return one entry of `msteamsv2_configs`."""
    del plan
    return {
        "webhook_url_file": teams.webhook_file,
        "send_resolved": True,
        "title": '{{ template "watchkeeper.msteamsv2.title" . }}',
        "text": '{{ template "watchkeeper.msteamsv2" . }}',
    }


def _text() -> str:
    headline = f"{{{{ with .CommonAnnotations.summary }}}}{_CARD.shown('.', parts.SENTENCE)}\n\n{{{{ end }}}}"
    return f"{headline}{parts.plain_text(_CARD, link='[{0}]({1}) '.format, end=chr(10) * 2)}"


TEMPLATE: Final = (
    f"{parts.define('msteamsv2.title', parts.title(_CARD))}\n{parts.define('msteamsv2', _text())}"
)
