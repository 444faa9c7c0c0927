"""How the alerts of an objective depart from the defaults."""

from __future__ import annotations

from watchkeeper.model.alert import Severity
from watchkeeper.model.duration import Duration
from watchkeeper.model.slo import Alerting
from watchkeeper.spec import formats
from watchkeeper.spec.document.cursor import Cursor

# The current burn rate is that of an hour.
_LEAST_FORECAST = Duration.parse("1h")


def parse_alerting(place: Cursor, window: Duration) -> Alerting:
    """Return the alerting of the objective at `place`, whose window has this length."""
    if not place.has("alerting"):
        return Alerting(
            policy=None, page="critical", ticket="warning", enabled=True, idle=None, policy_where=place.where
        )
    own = place.go("alerting")
    page, ticket, idle = own.string("page", "critical"), own.string("ticket", "warning"), own.text("idle")
    enabled = own.flag("enabled", default=True)
    if not enabled:
        for key in {"budget", "exhausted_in"} & set(own.names()):
            remedy = "remove it, or `enabled: false`"
            own.report("WK111", f"`{key}` does not fit `enabled: false`", remedy, key=key)
    return Alerting(
        policy=own.text("policy"),
        page=None if page == "off" else page,  # type: ignore[arg-type]
        ticket=None if ticket == "off" else ticket,  # type: ignore[arg-type]
        enabled=enabled,
        idle=Duration.parse(idle) if idle else None,
        policy_where=own.value_where("policy"),
        budget=_budget(own),
        exhausted_in=_exhausted_in(own, window),
    )


def _budget(own: Cursor) -> tuple[tuple[int, Severity], ...]:
    found: list[tuple[int, Severity]] = []
    places = [(str(item.node.scalar), "info", item) for item in own.each("budget")]
    places += [(name, str(item.node.scalar), item) for name, item in own.pairs("budget")]
    for text, severity, item in places:
        found.append((formats.budget_left(text), severity))  # type: ignore[arg-type]
        if len(found) > 1 and found[-1][0] >= found[-2][0]:
            is_same = found[-1][0] == found[-2][0]
            message = f"`budget` lists {found[-1][0]}% " + ("twice" if is_same else f"after {found[-2][0]}%")
            item.report("WK108", message, "write each percentage once, the largest first")
    return tuple(found)


def _exhausted_in(own: Cursor, window: Duration) -> Duration | None:
    text = own.text("exhausted_in")
    if text is None:
        return None
    value = Duration.parse(text)
    if not _LEAST_FORECAST <= value < window:
        message = f"`exhausted_in` of {value} is not at least {_LEAST_FORECAST} and less than the window of {window}"
        remedy = "an untouched budget lasts the whole window at burn rate 1; write 24h"
        own.report("WK108", message, remedy, value="exhausted_in")
    return value
