"""A service's life of seven hours, as samples for promtool and for a real Prometheus, and the spec of its objectives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

STEP, EVALUATION = 30, 60
HOURS = 7
SPEC = """version: watchkeeper/v1
service: checkout
signals: [http]
targets: [checkout:8000]
slos:
- {name: availability, objective: OBJECTIVE, window: 7d, sli: {availability: http}}
- {name: latency, objective: 95%, window: 7d, sli: {latency: http, threshold: 250ms}}
alerts: [{preset: service_down, for: 2m, severity: critical}, {preset: error_ratio, above: 40%, for: 2m}]
stack: {scrape_interval: 30s, evaluation_interval: 60s}
"""
Samples = Sequence[float | None]


@dataclass(frozen=True)
class Life:
    """Series by name and labels: a sample every step from `start`, None where a scrape failed."""

    series: Mapping[str, Samples]
    start: int

    def lines(self) -> Iterator[str]:
        """Yield them as OpenMetrics."""
        for name, samples in sorted(self.series.items()):
            for index, value in enumerate(samples):
                if value is not None:
                    yield f"{name} {value!r} {self.start + index * STEP}\n"
        yield "# EOF\n"

    def promtool(self) -> list[dict[str, str]]:
        """Return them in promtool's notation."""
        return [
            {"series": name, "values": " ".join("_" if one is None else repr(one) for one in samples)}
            for name, samples in self.series.items()
        ]


def life_from(start: int) -> Life:
    """Seven hours at ten requests a second: all fail for 20 min, 1.5% for an hour, and no target answers for 10 min."""
    good, bad, slow, up = [1e6], [1e3], [10.0], [1.0]
    for minute in (index * STEP / 60 for index in range(1, HOURS * 3_600 // STEP)):
        traffic = 10 * STEP
        failed = traffic if 60 <= minute < 80 else 0.015 * traffic if 130 <= minute < 190 else 0.0
        good.append(good[-1] + traffic - failed)
        bad.append(bad[-1] + failed)
        slow.append(slow[-1] + (traffic if 220 <= minute < 232 else 0.0))
        up.append(0.0 if 300 <= minute < 310 else 1.0)
    own = 'service="checkout",instance="a"'
    route = f'{own},handler="/pay",method="GET"'
    fine = f'{route},status_code="200"'

    def scraped(values: list[float]) -> Samples:
        return [value if is_up else None for value, is_up in zip(values, up, strict=True)]

    within = [one - late for one, late in zip(good, slow, strict=True)]
    return Life(
        {
            f"up{{{own}}}": up,
            f"http_requests_total{{{fine}}}": scraped(good),
            f'http_requests_total{{{route},status_code="500"}}': scraped(bad),
            f"http_request_duration_seconds_count{{{fine}}}": scraped(good),
            f'http_request_duration_seconds_bucket{{{fine},le="0.25"}}': scraped(within),
            f'http_request_duration_seconds_bucket{{{fine},le="+Inf"}}': scraped(good),
        },
        start,
    )


def spec_of(folder: Path, objective: str = "99.9%") -> Path:
    path = folder / f"spec-{objective}.yml"
    path.write_text(SPEC.replace("OBJECTIVE", objective))
    return path
