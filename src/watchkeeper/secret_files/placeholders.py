"""Which texts are placeholders: the samples of manuals, and what people type until they have the secret."""

from __future__ import annotations

import re
from typing import Final

_WORDS: Final = re.compile(
    r"change[-_ ]?(me|it|this)|replace[-_ ]?(me|it|this)?|(insert|enter|your?)[-_ ].*|my[-_ ](key|password|secret|token)"
    r"|place[-_ ]?holder|example|sample|dummy|todo|tbd|fixme|none|null|secret|password|token|key|api[-_ ]?key"
    r"|routing[-_ ]?key|webhook|admin|test|foo|bar|x{3,}|\*+|\.{3,}|-+|<.*>|\[.*\]|\$\{?\w+\}?|\{\{.*\}\}|%\w+%",
    re.IGNORECASE | re.DOTALL,
)
_HOSTS: Final = re.compile(r"(.*\.)?(example\.(com|org|net)|example|invalid|test)")
# Slack's manual has T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX.
_SEGMENT: Final = re.compile(
    r"[TB]?0{3,}|[TB]?[xX]{3,}|\.{2,}|<.*>|%3C.*%3E|\$\{?\w+\}?|your?[-_ ].*|token|secret"
)
_SEQUENCE: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_FEW: Final = 4


def is_placeholder(text: str) -> bool:
    """Return whether a whole text is a placeholder."""
    if _WORDS.fullmatch(text) or (len(text) > 2 * _FEW and len(set(text)) < _FEW):
        return True
    return len(text) > 2 * _FEW and text.lower() in _SEQUENCE[:16] * 4 + _SEQUENCE


def is_placeholder_address(host: str, path: str) -> bool:
    """Return whether an address is a sample: by its host, or by a part of its path."""
    return bool(_HOSTS.fullmatch(host)) or any(_SEGMENT.fullmatch(part) for part in path.split("/"))
