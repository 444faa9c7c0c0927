"""Wrong uses of `dialect`: title, code, text, and a word of the message. `«` marks the problem's place."""

from __future__ import annotations

_OTEL = "dialect: otel\n"
_COUNT = "http_server_request_duration_seconds_count"
_AVAILABILITY = "slos:\n  - {name: a, objective: 99%, sli: {availability: http"

BAD_DIALECTS: tuple[tuple[str, ...], ...] = (
    ("a dialect that there is not", "WK104", "dialect: «opentelemetry\n", "otel"),
    ("a threshold that is no bucket of OpenTelemetry", "WK213",
     f"{_OTEL}slos:\n  - {{name: a, objective: 99%, sli: «{{latency: http, threshold: 300ms}}}}\n", "250ms"),
    ("a threshold that is no bucket of the view", "WK213",
     f"{_OTEL}http_buckets: [0.1, 0.4]\nslos:\n  - {{name: a, objective: 99%, sli: «{{latency: http, threshold: 250ms}}}}\n",
     "100ms"),
    ("an alert's threshold that is no bucket", "WK213",
     f"{_OTEL}alerts:\n  - {{preset: latency_quantile, above: «300ms}}\n", "http_buckets"),
    ("buckets of a view without its dialect", "WK111", "«http_buckets: [0.1, 0.4]\n", "dialect: otel"),
    ("buckets of a view in another order", "WK108", f"{_OTEL}http_buckets: «[0.4, 0.1]\n", "smallest first"),
    ("a metric of the middleware", "WK206",
     f"{_OTEL}alerts:\n  - {{name: A, expr: 'rate(«http_requests_total[5m]) > 1'}}\n", _COUNT),
    ("a metric of the dialect that is declared again", "WK203",
     f"{_OTEL}metrics:\n  - {{name: «http_server_request_duration_seconds, type: histogram, external: true, buckets: [1]}}\n",
     "http_buckets"),
    ("a metric of OpenTelemetry without its dialect", "WK206",
     f"alerts:\n  - {{name: A, expr: 'rate(«{_COUNT}[5m]) > 1'}}\n", "dialect: otel"),
    ("a label of the middleware", "WK208", f"{_OTEL}{_AVAILABILITY}, where: {{«handler: /a}}}}}}\n", "http_route"),
    ("a filter by the status in OpenTelemetry's name", "WK111",
     f"{_OTEL}{_AVAILABILITY}, where: {{«http_response_status_code: '500'}}}}}}\n", "events"),
    ("a route that is no pattern", "WK226", f"{_OTEL}{_AVAILABILITY}, where: {{http_route: «/a/*}}}}}}\n", "compared whole"),
    ("a route that the rules leave out", "WK226", f"{_OTEL}{_AVAILABILITY}, where: {{http_route: «/health}}}}}}\n", "the rules"),
    ("a status that cannot be", "WK224",
     f"{_OTEL}alerts:\n  - {{name: A, expr: '{_COUNT}{{«http_response_status_code=\"5xx\"}} > 1'}}\n",
     "5.."),
    ("a budget for each status", "WK111", f"{_OTEL}{_AVAILABILITY}}}, by: [«http_response_status_code]}}\n", "http_route"),
    ("an alert on names that our middleware reports", "WK111",
     f"{_OTEL}alerts:\n  - {{name: «A, preset: metric_conflict}}\n", "remove"),
    ("a demo with the metrics of another dialect", "WK111", f"{_OTEL}stack: {{demo: «checkout}}\n", "middleware"),
)  # fmt: skip
