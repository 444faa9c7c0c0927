"""A reading with something of everything, for tests of the screen."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.overview.answers import alert, rows, samples
from watchkeeper.overview.notification_rows import Notification, Sent
from watchkeeper.overview.objective_detail import AlertNeeds, Condition, Detail, Window
from watchkeeper.overview.snapshot import Snapshot, Source
from watchkeeper.overview.target_rows import DownTarget, Job

NOW = 1_000.0
FIRING = replace(alert("availability"), name="CheckoutAvailabilityFastBurn", receivers=("pagerduty", "slack"))
PENDING = replace(
    alert("other", "error_ratio", "pending"), name="HighErrorRate", severity="warning", summary="5% fail"
)
SEEN = Snapshot(
    time=NOW,
    sources=(Source("Prometheus", "http://127.0.0.1:9090", NOW),),
    objectives=rows(
        samples("availability", remaining=0.712, burn_1h=14.4, burn_6h=3.0, exhaustion=187_200.0, bad=1.1),
        samples("latency", target=0.95),
        samples("sandbox", service="shop", remaining=-0.35, burn_1h=0.0),
        samples("search", service="shop", remaining=0.2, burn_1h=1.6, exhaustion=40 * 86_400.0),
        alerts=(FIRING,),
    ),
    alerts=(FIRING, PENDING),
    jobs=(Job("jaeger", "", 0, 1), Job("checkout", "checkout", 2, 2), Job("shop", "shop", 3, 3)),
    down=(DownTarget("jaeger", "127.0.0.1:8888", "", "connection refused"),),
    notifications=(Notification(NOW - 60, "pagerduty", "firing", ("CheckoutAvailabilityFastBurn",), ""),),
    sent=(Sent("slack", 3, 1), Sent("pagerduty", 1, 0)),
)
DETAIL = Detail(
    windows=(Window("5m", 0.501, 100.2), Window("1h", 0.072, 14.4), Window("30d", 0.0014, 0.288)),
    alerts=(
        AlertNeeds(
            name="CheckoutAvailabilityFastBurn",
            kind="fast_burn",
            state="firing",
            severity="critical",
            hold=0.0,
            ways=(
                (
                    Condition("errors", "5m", ">", 0.072, "", 0.501),
                    Condition("errors", "1h", ">", 0.072, "", 0.0721),
                    Condition("events", "1h", ">", 1.5, "", 423.2),
                ),
                (Condition("errors", "30m", ">", 0.03, "", 0.01), Condition("errors", "6h", ">", 0.03, "")),
            ),
            runbook="https://runbooks.example.com/checkout/CheckoutAvailabilityFastBurn.md",
            dashboard="http://localhost:3000/d/watchkeeper-overview?var-service=checkout",
        ),
        AlertNeeds(
            "CheckoutAvailabilityMetricMissing", "metric_missing", "inactive", "warning", 300.0, (), "", ""
        ),
    ),
)
