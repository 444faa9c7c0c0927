"""Telegram: Alertmanager's settings of a bot and a chat, and its message.

The message is plain text: Alertmanager cuts it after 4,096 characters, and Telegram refuses markup that is cut.
"""

from __future__ import annotations

from typing import Final

from watchkeeper.backends.alertmanager import message_parts as parts
from watchkeeper.emit.yaml import Value
from watchkeeper.model.notify import Telegram
from watchkeeper.plan.plan import Plan


def settings(telegram: Telegram, plan: Plan) -> dict[str, Value]:
    """Return one entry of `telegram_configs`."""
    del plan
    return {
        "bot_token_file": telegram.bot_token_file,
        "chat_id": telegram.chat_id,
        "api_url": telegram.api_url,
        "parse_mode": "",
        "send_resolved": True,
        "message": '{{ template "watchkeeper.telegram" . }}',
    }


def _text() -> str:
    headline = (
        f"{{{{ with .CommonAnnotations.summary }}}}{parts.PLAIN.shown('.', parts.SENTENCE)}\n{{{{ end }}}}"
    )
    return f"{parts.title(parts.PLAIN)}\n{headline}{parts.TEXT}"


TEMPLATE: Final = parts.define("telegram", _text())
