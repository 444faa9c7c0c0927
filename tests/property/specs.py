"""Strategies for valid specs, as a user could write them, hostile texts included."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

NAMES = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True).filter(
    lambda name: (
        name
        not in (
            "prometheus",
            "alertmanager",
            "grafana",
            "jaeger",
            "watchkeeper",
            "slack",
            "email",
            "pagerduty",
            "webhook",
        )
    )
)
ALERT_NAMES = st.from_regex(r"[A-Z][A-Za-z0-9]{2,10}", fullmatch=True)
# Whatever a keyboard or a clipboard can bring, template actions and YAML indicators among it.
TEXTS = st.one_of(
    st.text(
        st.characters(exclude_categories=("Cs", "Cc", "Cn", "Cf", "Zl", "Zp")), min_size=1, max_size=40
    ).filter(str.strip),
    st.sampled_from(
        (
            "{{ $value }}",
            'it\'s 100% "broken"',
            "a: b # c",
            "| x | `y` |",
            "<script>",
            "no",
            "1:30",
            "${HOME} $$",
        )
    ),
)
PERCENTS = st.integers(1, 999).map(lambda tenths: f"{tenths // 10}.{tenths % 10}%")
DURATIONS = st.one_of(
    st.sampled_from(("2m", "5m", "10m", "1h", "1h30m", "90s", "10y")),
    st.integers(60, 10**6).map(lambda n: f"{n}s"),
)
SEVERITIES = st.sampled_from(("critical", "warning", "info"))
LABELS = st.dictionaries(
    st.from_regex(r"[a-z]{3,8}", fullmatch=True).filter(
        lambda n: (
            n
            not in (
                "team",
                "service",
                "severity",
                "instance",
                "job",
                "slo",
                "quantile",
                "alertname",
                "alertstate",
            )
        )
    ),
    TEXTS,
    max_size=2,
)
RAW = (
    'sum(rate(http_requests_total{handler=~"/a.*"}[5m])) > 5',
    "http_requests_in_progress offset 5m > 10",
    'sum by (handler) (rate(http_request_duration_seconds_bucket{le="0.5"}[10m])) == 0',
    "up == 0 or max_over_time(process_open_fds[30m:1m]) > 1000",
)


def _alert(preset: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    extra = st.fixed_dictionaries(
        {},
        optional={
            "severity": SEVERITIES,
            "for": DURATIONS,
            "summary": TEXTS,
            "description": TEXTS,
            "labels": LABELS,
        },
    )
    return extra.map(lambda more: {**preset, **more})


KINDS = (
    st.just({"preset": "service_down"}).flatmap(_alert),
    PERCENTS.map(lambda p: {"preset": "error_ratio", "above": p}).flatmap(_alert),
    st.tuples(st.sampled_from(("150ms", "500ms", "2s", "30s")), st.sampled_from((0.5, 0.9, 0.95, 0.99)))
    .map(lambda pair: {"preset": "latency_quantile", "above": pair[0], "quantile": pair[1]})
    .flatmap(_alert),
    st.tuples(PERCENTS, st.sampled_from(("memory", "cpu", "file_descriptors")))
    .map(lambda pair: {"preset": "saturation", "above": pair[0], "resource": pair[1]})
    .flatmap(_alert),
    st.integers(0, 10**6)
    .map(lambda n: {"preset": "gauge_above", "metric": "sandbox_pool_in_use", "above": n})
    .flatmap(_alert),
    st.tuples(st.integers(-5, 50), st.sampled_from(("min", "max", "sum", "avg")))
    .map(
        lambda pair: {"preset": "gauge_below", "metric": "own_gauge", "below": pair[0], "aggregate": pair[1]}
    )
    .flatmap(_alert),
    st.integers(2, 40).map(lambda n: {"preset": "replicas_below", "below": n}).flatmap(_alert),
    st.just({"preset": "health_failing"}).flatmap(_alert),
    st.just({"preset": "latency_quantile", "metric": "proxy_seconds", "above": "1s"}).flatmap(_alert),
    st.sampled_from(RAW).map(lambda expr: {"expr": expr}).flatmap(_alert),
)
ALERTS = st.one_of(*KINDS)
# At 10% and less no alert on the budget could fire, and the spec is refused.
OBJECTIVES = PERCENTS.filter(lambda text: Decimal(text.rstrip("%")) > 11)
SLOS = st.tuples(
    OBJECTIVES,
    st.sampled_from(("1d", "7d", "28d", "30d", "90d")),
    st.sampled_from(({"availability": "http"}, {"latency": "http", "threshold": "300ms"})),
)


MUTES = st.fixed_dictionaries(
    {
        "name": st.just("nights"),
        "times": st.sampled_from((["22:00-06:00"], ["00:00-24:00"], ["09:30-17:00", "18:00-00:00"])),
    },
    optional={
        "weekdays": st.sampled_from((["monday:friday"], ["sunday", "saturday"], ["friday"])),
        "location": st.sampled_from(("UTC", "Europe/Berlin")),
        "severities": st.sampled_from((["info"], ["warning", "info"])),
    },
)


# Whatever a label of others can contain and a selector can have everywhere.
MATCH_VALUES = TEXTS.filter(lambda text: not set(text) & set('$`{}\\"'))


@st.composite
def scrapes(draw: st.DrawFn, name: str, port: int) -> dict[str, Any]:
    """Draw how a service is scraped: by a job of ours, mostly, or by others under labels of theirs."""
    if draw(st.integers(0, 3)):
        return {"targets": [f"{name}:{port}", f"localhost:{port}"]}
    return {"match": {"job": f"pods/{name}", "namespace": draw(MATCH_VALUES)}}


@st.composite
def services(draw: st.DrawFn, name: str, port: int, *, every_kind: bool) -> dict[str, Any]:
    """Draw one service."""
    alerts = draw(st.tuples(*KINDS) if every_kind else st.lists(ALERTS, max_size=5))
    names = draw(st.lists(ALERT_NAMES, min_size=len(alerts), max_size=len(alerts), unique=True))
    slos = [
        {"name": f"slo-{n}", "objective": o, "window": w, "sli": s}
        for n, (o, w, s) in enumerate(draw(st.lists(SLOS, max_size=3)))
    ]
    return {
        "service": name,
        "description": draw(TEXTS),
        "team": draw(TEXTS),
        **draw(scrapes(name, port)),
        "signals": ["http", "system", "sandbox", "health"],
        "labels": draw(LABELS),
        "metrics": [
            {"name": "own_gauge", "type": "gauge", "labels": ["zone"]},
            {"name": "proxy_seconds", "type": "histogram", "buckets": [1, 2.5], "external": True},
        ],
        "alerts": [{"name": n, **alert} for n, alert in zip(names, alerts, strict=True)],
        "slos": slos,
    }


@st.composite
def specs(draw: st.DrawFn, *, least: int = 1, every_kind: bool = False) -> dict[str, Any]:
    """Draw a whole spec of at least so many services; with `every_kind` each has one alert of each kind."""
    most = 2 if every_kind else 3
    names = draw(st.lists(NAMES, min_size=least, max_size=most, unique=True))
    receivers = {
        "slack": {
            "webhook_file": "secrets/slack",
            "channel": draw(st.sampled_from(("#a", "#incidents", "@somebody"))),
        },
        "email": {"to": "a@example.com", "smarthost": "mail.example.com:587"},
        "pagerduty": {"routing_key_file": "/run/secrets/pd"},
        "webhook": {"url_file": "secrets/hook"},
    }
    routes = {
        severity: draw(st.permutations(sorted(receivers)).map(lambda p: list(p)))
        for severity in ("critical", "warning", "info")
    }
    return {
        "version": "watchkeeper/v1",
        "services": [
            draw(services(name, 8000 + index, every_kind=every_kind)) for index, name in enumerate(names)
        ],
        "notify": {"receivers": receivers, "routes": routes, "mute": draw(st.lists(MUTES, max_size=1))},
        "stack": {
            "environment": draw(TEXTS),
            "traces": {"storage": draw(st.sampled_from(("badger", "memory")))},
        },
    }


def as_yaml(spec: dict[str, Any]) -> str:
    """Return the spec as text: JSON, which is YAML as long as no character needs an escape."""
    return json.dumps(spec, ensure_ascii=False)
