"""A month of four objectives: an outage, a quiet incident, a page about nothing, gaps, a young service, hostile names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from tests.integration.report.recorded_month import Alert, Month, Recorded


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp())


START, END = at("2026-09-01"), at("2026-11-01")
MONTH = at("2026-10-01")
OUTAGE = (at("2026-10-10T10:00"), at("2026-10-10T10:40"))
SMALL = (at("2026-10-20T12:00"), at("2026-10-20T12:20"))
HOLE = (at("2026-10-15T03:00"), at("2026-10-15T05:00"))
CHANGED = at("2026-10-16")
YOUNG = at("2026-10-20")
HOSTILE = 'a"b {{ $x }} <img src=x onerror=alert(1)>|`*_ 🧨 \u202egnihton\u202c ' + "x" * 300


def traffic(when: int) -> float:
    """Return ten requests a second by night and eighteen by day."""
    return 18.0 if 8 <= when // 3600 % 24 < 20 else 10.0


def errors(when: int) -> float:
    if OUTAGE[0] <= when < OUTAGE[1]:
        return 1.0
    return 0.05 if SMALL[0] <= when < SMALL[1] else 0.0001


AVAILABILITY = Recorded(
    "checkout-availability",
    START,
    END,
    traffic,
    errors,
    evaluated_from=MONTH,
    gaps=(HOLE,),
    alerts=(
        Alert("CheckoutAvailabilityFastBurn", (OUTAGE[0] + 180, OUTAGE[1] + 600)),
        Alert("CheckoutAvailabilitySlowBurn", (OUTAGE[0] + 600, OUTAGE[1] + 3600), "slow_burn", "warning"),
        Alert(
            "ServiceDown",
            (at("2026-10-25T01:00"), at("2026-10-25T01:10")),
            "service_down",
            "critical",
            'service="checkout"',
        ),
        Alert("Watchdog", (START, END), "expression", "none"),
    ),
)
LATENCY = Recorded(
    "checkout-latency",
    START,
    END,
    traffic,
    lambda _: 0.01,
    evaluated_from=MONTH,
    target=lambda when: 0.97 if when < CHANGED else 0.95,
    gaps=(HOLE, (at("2026-10-22T00:00"), at("2026-10-22T00:12"))),
)
SEARCH = Recorded("shop-search", YOUNG, END, traffic, lambda _: 0.0, gaps=(HOLE,))


def quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


EVIL = Recorded(
    "evil-x",
    YOUNG,
    END,
    lambda _: 1.0,
    lambda _: 0.5,
    service=quoted(HOSTILE),
    extra=f',who="{quoted(HOSTILE)}"',
)

# Planned work on the search, in which everything fails: none of it is in the series above.
PLANNED = (at("2026-10-27T02:00"), at("2026-10-27T03:32"))


def planned_events(start: int, end: int) -> float:
    """Return the events of the planned work in the rollups that begin in (start, end]."""
    return (
        300.0 * 7.0 * sum(start < moment - 300 <= end and _is_planned(moment) for moment in SEARCH.rollups())
    )


def _is_planned(moment: int) -> bool:
    return PLANNED[0] < moment <= PLANNED[1]


def _planned_lines() -> Iterator[str]:
    reason = quoted(HOSTILE)
    own = f'service="shop",team="payments",maintenance="upgrade",reason="{reason}",author="Mona Lisa"'
    for moment in range(PLANNED[0] + 17 - 60, PLANNED[1], 60):
        yield f"service:maintenance:open{{{own}}} 1 {moment}\n"
    for moment in SEARCH.rollups():
        bad, total = (value / 300 + 7.0 * _is_planned(moment) for value in SEARCH.rollup(moment))
        yield f"slo:bad:rate_all_tile{{{SEARCH.labels}}} {bad!r} {moment}\n"
        yield f"slo:total:rate_all_tile{{{SEARCH.labels}}} {total!r} {moment}\n"


OCTOBER = Month((AVAILABILITY, LATENCY, SEARCH, EVIL), tuple(_planned_lines()))
