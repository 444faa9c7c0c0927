"""The panels of the health pack: the state of each check, its failures and its duration."""

from __future__ import annotations

from decimal import Decimal

from watchkeeper.backends.grafana.addresses import Addresses
from watchkeeper.backends.grafana.label_table import Column, Label, table
from watchkeeper.backends.grafana.panels import Panel, Query, Step, row
from watchkeeper.backends.grafana.queries import series
from watchkeeper.backends.grafana.scope import Scope
from watchkeeper.backends.grafana.sections.work_panels import Place, failures, p95

_FAILED = (("status", "=", "error"),)
_ORANGE_FROM_ONE = (Step(None, "transparent"), Step(Decimal(1), "orange"))


def health(scope: Scope, _: Addresses) -> tuple[Panel, ...]:
    """Return the state of each check and its age, then failures and durations."""
    time, what = "health_check_duration_seconds", "health checks"
    return (
        row(90, "Health checks"),
        _states(scope),
        failures(Place(92, 7), scope, "health_checks_total", _FAILED, "Failed health checks", what, by="check"),
        p95(Place(93, 7), scope, time, "Health check time p95", what, by="check"),
        _in_a_row(scope),
    )  # fmt: skip


def _states(scope: Scope) -> Panel:
    failed = f"max by (check) ({series(scope, 'health_consecutive_failures')})"
    success = f"time() - max by (check) ({series(scope, 'health_last_success_timestamp_seconds')} > 0)"
    state = f"count by (check, state) ({series(scope, 'health_state')} == 1)"
    return table(
        Panel(
            id=91,
            kind="table",
            title="Checks",
            description="The state of each check now, the failures in a row, and the time since its last success.",
            width=10,
            sort=(("Failures", True),),
            if_empty="no data",
        ),
        (Label("check", "Check"), Label("state", "State")),
        (
            Column("Instances", state, "none", 80),
            Column("Failures", failed, "none", 80, 0, _ORANGE_FROM_ONE),
            Column("Last success", success, "s", 100, 0),
        ),
        first="Check",
    )


def _in_a_row(scope: Scope) -> Panel:
    return Panel(
        id=94,
        kind="timeseries",
        title="Failures in a row",
        description="Failures of each check in a row, of the instance with the most.",
        unit="short",
        queries=(Query(f"max by (check) ({series(scope, 'health_consecutive_failures')})", "{{check}}"),),
        width=24,
        height=6,
    )
