"""Values of an objective's label are objectives of their own in a report, however soon one follows another."""

from __future__ import annotations

from typing import Any

import pytest

from watchkeeper.prometheus_api import Series
from watchkeeper.report import recorded_bins
from watchkeeper.report.fired_alerts import _spans
from watchkeeper.report.history import AlertSpan, ObjectiveHistory
from watchkeeper.report.incident import _concerns

OF = {"service": "shop", "slo": "o", "slo_id": "shop-o", "team": "a"}


def _raw(end: int, **labels: str) -> Any:
    raw = recorded_bins._Raw({**OF, **labels})
    raw.length[end] = 3600
    for what in ("bad", "total", "rollups"):
        raw.values[what][end] = 12.0
    return raw


@pytest.mark.parametrize(
    ("first", "second", "rows"),
    [
        ({"team": "a"}, {"team": "b"}, 1),
        ({"handler": "/old"}, {"handler": "/new"}, 2),
        ({"handler": "/old", "team": "a"}, {"handler": "/old", "team": "b"}, 1),
        ({"handler": "/old", "tier": "one"}, {"handler": "/old", "tier": "two"}, 1),
    ],
)
def test_a_renamed_value_is_another_objective_and_a_renamed_team_is_not(
    first: dict[str, str], second: dict[str, str], rows: int
) -> None:
    # What all values without a place share is there throughout.
    rest = [_raw(end, handler="__other__") for end in (3600, 7200)] if "handler" in first else []
    found = recorded_bins._merged([_raw(3600, **first), _raw(7200, **second), *rest])
    assert len(found) == rows + bool(rest)


def test_an_alert_is_about_its_own_value() -> None:
    labels = {
        **OF,
        "alertname": "F",
        "alertstate": "firing",
        "alert_kind": "fast_burn",
        "severity": "critical",
    }
    fired = [Series({**labels, "handler": value}, ((10.0, 10.0),)) for value in ("/a", "/b")]
    alerts = _spans([], fired, [])
    assert [alert.values for alert in alerts] == [(("handler", "/a"),), (("handler", "/b"),)]

    def history(**values: str) -> ObjectiveHistory:
        return ObjectiveHistory(name="o", labels={**OF, **values}, bins=(), targets=())

    assert [_concerns(alerts[0], history(handler=value)) for value in ("/a", "/b")] == [True, False]
    whole = AlertSpan("M", "metric_missing", "warning", "shop", "shop-o", None, None)
    assert _concerns(whole, history(handler="/a"))
