"""Silences as text for people and as documents for programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from watchkeeper.alertmanager_api import Silence
from watchkeeper.cli.screen.styled_lines import printable
from watchkeeper.cli.text.table import Painter
from watchkeeper.overview.numbers_text import duration

_MOST = 10


def created_text(one: Silence, alerts: Sequence[str]) -> str:
    """Return what was created: the id, the matchers, until when, and the alerts that it mutes."""
    muted = listed(alerts) if alerts else "no alert that exists"
    return f"silenced {_matchers(one)} until {_clock(one.ends)}\n  id {one.id}\n  mutes {muted}"


def silence_text(one: Silence, now: Sequence[str], useful: bool, paint: Painter, *, now_unix: float) -> str:
    """Return one silence as a few lines; `now` are the alerts that it mutes at the moment."""
    left = duration(max(0.0, one.ends - now_unix))
    begins = "" if one.state == "active" else f", begins {_clock(one.starts)}"
    head = f"{one.id[:8]}  {paint(_matchers(one), 'bold')}"
    who = f"  by {printable(one.author)} until {_clock(one.ends)}, {left} left{begins}: {printable(one.comment)}"
    if now:
        what = f"  mutes {listed(now)}"
    elif useful:
        what = "  mutes nothing at the moment"
    else:
        what = paint("  matches no alert of the spec, and none that fires", "yellow")
    return f"{head}\n{who}\n{what}"


def silence_document(one: Silence, alerts: Sequence[str]) -> dict[str, Any]:
    """Return a silence for programs; times are Unix seconds."""
    return {
        "id": one.id,
        "matchers": [str(matcher) for matcher in one.matchers],
        "starts": one.starts,
        "ends": one.ends,
        "author": one.author,
        "comment": one.comment,
        "state": one.state,
        "mutes": list(alerts),
    }


def listed(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"{printable(', '.join(names[:_MOST]))}{more}"


def _matchers(one: Silence) -> str:
    return printable(" ".join(map(str, one.matchers)))


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M %Z")
