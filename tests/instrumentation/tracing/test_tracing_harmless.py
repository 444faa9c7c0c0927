"""With traces and Sentry on, whole or broken, the service answers what it would have answered without them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from backend_instrumentation import instrument, sentry
from backend_instrumentation.config.settings import Settings
from backend_instrumentation.sentry import sdk
from backend_instrumentation.tracing import TracingManager
from backend_instrumentation.tracing.requests import attach_requests, request_span
from backend_instrumentation.tracing.requests.route_names import RouteNames
from backend_instrumentation.tracing.requests.server_spans import ServerSpans
from backend_instrumentation.tracing.spans import Spans

from ..answers import all_answered, refuse
from ..random_apps import APPLICATIONS, ASKED, Asked, application
from ..spans_kept import kept_spans

REQUESTS_EACH: Final = 10
REQUESTS: Final = 100_000 if os.environ.get("WATCHKEEPER_LONG") else 600
EXAMPLES: Final = REQUESTS // REQUESTS_EACH
HEADERS: Final = st.lists(
    st.tuples(
        st.sampled_from(["traceparent", "tracestate", "baggage", "uber-trace-id", "cookie"]),
        st.text(alphabet="0123456789abcdef-:=%; ", max_size=60),
    ),
    max_size=3,
    unique_by=lambda pair: pair[0],
).map(tuple)
TRACED: Final = st.builds(lambda asked, headers: replace(asked, headers=headers), ASKED, HEADERS)
# What is broken: an object and the name of its part that raises, or nothing.
PARTS: Final = st.sampled_from(
    [
        None,
        (Spans, "start"),
        (Spans, "finish"),
        (Spans, "extract"),
        (RouteNames, "of"),
        (TracingManager, "start_request_span"),
        (attach_requests, "exemplar"),
        (Spans, "context"),
        (ServerSpans, "are_made"),
        (request_span, "path_within"),
        (sdk, "send_exception"),
        (sdk, "send_message"),
        (sentry.Reporter, "report"),
    ]
)


@pytest.fixture(scope="module")
def tools() -> Iterator[tuple[TracingManager, sentry.Reporter]]:
    reporter = sentry.init("http://public@127.0.0.1:9/1")
    assert reporter is not None
    with kept_spans() as (manager, _):
        yield manager, reporter
    reporter.close(0)


@pytest.mark.timeout(60 + REQUESTS // 20)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    made=APPLICATIONS,
    requests=st.lists(TRACED, min_size=REQUESTS_EACH, max_size=REQUESTS_EACH),
    broken=PARTS,
)
def test_answers_are_the_same_with_and_without_traces_and_reports(
    tools: tuple[TracingManager, sentry.Reporter],
    made: dict[str, Any],
    requests: list[Asked],
    broken: tuple[Any, str] | None,
) -> None:
    manager, reporter = tools
    expected = asyncio.run(all_answered(application(**made), requests))
    with pytest.MonkeyPatch.context() as patched:
        if broken is not None:
            patched.setattr(*broken, refuse)
        app = application(**made)
        handle = instrument(
            app,
            registry=CollectorRegistry(),
            config=Settings(),
            metrics_path=None,  # so that no answer may differ
            health_path=None,
            tracing=manager,
            sentry=reporter,
        )
        reporter.users += 1  # it outlives each application
        found = asyncio.run(all_answered(app, requests))
        handle.uninstrument()
    assert found == expected
