"""Jaeger alone in a container, as the Compose file runs it, by the Docker SDK."""

from __future__ import annotations

import time
from typing import Any

import docker
import pytest

from .bundle import Bundle
from .single import await_health, run_single, url
from .waiting import eventually, get_json, post_json

pytestmark = [pytest.mark.containers, pytest.mark.xdist_group("containers")]

TRACE = "5b8efff798038103d269b633813fc60c"


def test_a_trace_survives_a_restart_on_the_volume_of_an_unprivileged_user(
    engine: docker.DockerClient, images: dict[str, str], bundle: Bundle
) -> None:
    with run_single(engine, images["JAEGER_IMAGE"], bundle, "jaeger", ports=(4318, 16686)) as container:
        post_json(f"{url(container, 4318)}/v1/traces", one_span())
        eventually(lambda: stored(url(container, 16686)), lambda names: names == ["checkout"], within=30)
        container.restart(timeout=30)
        await_health(container)
        assert eventually(lambda: stored(url(container, 16686)), bool, within=30) == ["checkout"]


def stored(address: str) -> list[str]:
    """Return the names of the trace's spans; raise OSError while Jaeger does not know it."""
    return [span["operationName"] for span in get_json(f"{address}/api/traces/{TRACE}")["data"][0]["spans"]]


def one_span() -> dict[str, Any]:
    """Return an OTLP request with a trace of one span that ended just now."""
    now = time.time_ns()
    span = {
        "traceId": TRACE,
        "spanId": "eee19b7ec3c1b174",
        "name": "checkout",
        "kind": 2,
        "startTimeUnixNano": str(now - 10**7),
        "endTimeUnixNano": str(now),
    }
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]}
