"""What planned work does to alerts: none begins to fire while a window is open.

The rules themselves stay silent, not Alertmanager: an alert that is resolved while it is inhibited would never be
notified as resolved, and its next page would be lost. An alert that fires already goes on until its condition ends.
"""

from __future__ import annotations

from watchkeeper import naming
from watchkeeper.emit.promql import selector

NOT_IN_MAINTENANCE = "; begins only outside of planned work"


def unless_open(expr: str, service: str, alert: str, *, each: str = "", grouped: str = "") -> str:
    """Return an alert's expression that begins to be true only outside of the service's windows.

    Of an objective by a label, `each` has a value for each of the label's, and `grouped` keeps them apart: an alert on
    one value that fires already lets none begin for another.
    """
    own = (("alertname", "=", alert), ("alertstate", "=", "firing"), ("service", "=", service))
    on, of_each = (" on ()", "") if not each else ("", f"{each} and on () ")
    return (
        f"(\n{_indented(expr)}\n)\nunless{on}\n(\n    {of_each}{window_open(service)}"
        f"\n  unless\n    max{grouped}({selector('ALERTS', own)})\n)"
    )


def window_open(service: str) -> str:
    """Return PromQL that is 1 while a window of the service is open."""
    return f"max({selector(naming.MAINTENANCE_OPEN, _of(service))})"


def window_remains(service: str, range_: str) -> str:
    """Return PromQL that has a value while a window of the service is open, and for `range_` afterwards."""
    return f"max(max_over_time({selector(naming.MAINTENANCE_OPEN, _of(service), range=range_)}))"


def _of(service: str) -> tuple[tuple[str, str, str], ...]:
    return (("service", "=", service),)


def _indented(expr: str) -> str:
    return "\n".join(f"  {line}" for line in expr.splitlines())
