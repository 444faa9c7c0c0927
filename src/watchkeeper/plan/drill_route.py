"""How alerts of a drill are grouped and when they are sent: each drill is a group, and nothing waits."""

from __future__ import annotations

from typing import Final

from watchkeeper import naming
from watchkeeper.model.duration import Duration

# The labels of a drill are part of its group, so that it has a PagerDuty key, a log entry and a resolve of its own.
DRILL_GROUP_BY: Final = (naming.DRILL_LABEL, naming.DRILL_ID_LABEL)
DRILL_WAIT: Final = Duration.parse("0s")
DRILL_INTERVAL: Final = Duration.parse("5s")
DRILL_REPEAT: Final = Duration.parse("1h")
