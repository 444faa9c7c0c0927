"""The route and the receiver of the Watchdog: a beat for the dead-man's switch, and nothing for people."""

from __future__ import annotations

from watchkeeper import naming
from watchkeeper.backends.alertmanager.matchers import matchers
from watchkeeper.emit.yaml import Commented, Value
from watchkeeper.plan.plan import WatchdogRoute

_SWITCH = "The dead-man's switch gets a beat every group interval; a repeat interval that is not shorter skips every other one."
_NOBODY = "The Watchdog notifies nobody: the spec has no `notify.dead_man`, so nobody notices when the stack itself ends."


def route(watchdog: WatchdogRoute) -> Value:
    """Return the route, which must be the first."""
    entry: dict[str, Value] = {
        "receiver": naming.WATCHDOG_RECEIVER,
        "matchers": matchers(watchdog.matchers),
        "group_by": ["alertname"],
        "group_wait": "0s",
        "group_interval": str(watchdog.group_interval),
        "repeat_interval": str(watchdog.repeat_interval),
    }
    return Commented(entry, _SWITCH if watchdog.url_file is not None else _NOBODY)


def receiver(watchdog: WatchdogRoute) -> Value:
    """Return the receiver; a resolved message would be one beat too many."""
    entry: dict[str, Value] = {"name": naming.WATCHDOG_RECEIVER}
    if watchdog.url_file is not None:
        entry["webhook_configs"] = [{"url_file": watchdog.url_file, "send_resolved": False}]
    return entry
