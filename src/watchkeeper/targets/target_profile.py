"""The limits of each target, which are compared with the real figures before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from watchkeeper.model.duration import Duration

_KIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a target accepts; None is no limit.

    `max_rules` is about one group, `max_groups` about all of them, and `max_bytes` about one object with rules.
    `max_values` is about the values of one ConfigMap or Secret, in bytes. `delay` is how much later than Prometheus the
    target evaluates.
    """

    name: str
    what: str
    max_rules: int | None = None
    max_groups: int | None = None
    max_bytes: int | None = None
    max_values: int | None = None
    delay: Duration | None = None


OPERATOR: Final = Profile(
    name="operator",
    what="the Prometheus operator's objects for Kubernetes",
    # Its webhook refuses larger rules.
    max_bytes=512 * _KIB,
    # The API server refuses larger ConfigMaps and Secrets (MaxSecretSize in its types).
    max_values=1024 * _KIB,
)
MIMIR: Final = Profile(
    name="mimir",
    what="rule files for Grafana Mimir",
    # -ruler.max-rules-per-rule-group, -ruler.max-rule-groups-per-tenant and -ruler.evaluation-delay-duration.
    max_rules=20,
    max_groups=70,
    delay=Duration.parse("1m"),
)
THANOS: Final = Profile(name="thanos", what="rule files for Thanos Ruler")
VMALERT: Final = Profile(
    name="vmalert",
    what="rule files for VictoriaMetrics' vmalert",
    # The last level of rules is evaluated 25s after the first, on samples that are 4s old.
    delay=Duration.parse("30s"),
)
PROFILES: Final = {profile.name: profile for profile in (OPERATOR, MIMIR, THANOS, VMALERT)}
