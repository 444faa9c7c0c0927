"""What carries a trace from one process to the next: W3C headers, Jaeger's, and all kinds of broken ones."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import baggage, trace

from backend_instrumentation.tracing import TracingManager
from backend_instrumentation.tracing.carrier import extract

from ..spans_kept import kept_spans

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"


def ids(carrier: object) -> tuple[str, str, bool] | None:
    context = extract(carrier)
    if context is None:
        return None
    found = trace.get_current_span(context).get_span_context()
    return f"{found.trace_id:032x}", f"{found.span_id:016x}", found.trace_flags.sampled


@pytest.mark.parametrize(
    ("carrier", "expected"),
    [
        ({"traceparent": PARENT}, (TRACE, SPAN, True)),
        ({"TraceParent": PARENT}, (TRACE, SPAN, True)),
        ([(b"Traceparent", PARENT.encode())], (TRACE, SPAN, True)),
        ({"traceparent": PARENT[:-1] + "0"}, (TRACE, SPAN, False)),
        ({"uber-trace-id": f"{TRACE}:{SPAN}:0:1"}, (TRACE, SPAN, True)),
        ({"Uber-Trace-Id": f"{TRACE}%3A{SPAN}%3A0%3A1"}, (TRACE, SPAN, True)),
        ({"uber-trace-id": "abc:5:0:3"}, ("abc".zfill(32), "5".zfill(16), True)),
        ({"uber-trace-id": f"{TRACE}:{SPAN}:0:0"}, (TRACE, SPAN, False)),
        ({"uber-trace-id": "ab:cd:0:1", "traceparent": PARENT}, (TRACE, SPAN, True)),
        ({"uber-trace-id": f"{TRACE}:{SPAN}:0:1", "traceparent": "nonsense"}, (TRACE, SPAN, True)),
    ],
)
def test_a_parent_is_read(carrier: object, expected: tuple[str, str, bool]) -> None:
    assert ids(carrier) == expected


@pytest.mark.parametrize(
    "carrier",
    [
        {},
        None,
        7,
        "traceparent",
        {"traceparent": None},
        {"traceparent": 7},
        {"traceparent": b"\xff\xfe"},
        {"traceparent": "00-" + "0" * 32 + "-" + "0" * 16 + "-01"},
        {"uber-trace-id": "0:0:0:1"},
        {"uber-trace-id": "xyz"},
        {"uber-trace-id": f"{TRACE}:{SPAN}"},
        {7: PARENT},
        [("traceparent",)],
        [7],
    ],
)
def test_a_broken_header_is_no_parent(carrier: object) -> None:
    assert extract(carrier) is None


@given(
    st.dictionaries(
        st.sampled_from(["traceparent", "tracestate", "baggage", "uber-trace-id", "x"]), st.text()
    )
)
def test_no_text_makes_it_raise(carrier: dict[str, str]) -> None:
    extract(carrier)


def test_state_and_baggage_come_along() -> None:
    headers = {"traceparent": PARENT, "TraceState": "vendor=1", "Baggage": "tenant=acme"}
    with kept_spans() as (manager, _):
        context = manager.extract_span_context(headers)
        assert context is not None
        assert baggage.get_all(context) == {"tenant": "acme"}
        with manager.span("child", parent_span=context) as span:
            written = manager.inject_span_context(span, {})
    assert written["traceparent"].startswith(f"00-{TRACE}-")
    assert written["tracestate"] == "vendor=1"


def test_without_a_span_the_current_one_is_written() -> None:
    with kept_spans() as (manager, _), manager.span("outer") as span:
        assert span is not None
        written = manager.inject_span_context(None, {})
        assert f"{span.get_span_context().span_id:016x}" in written["traceparent"]


def test_a_parent_may_be_a_span_a_span_context_or_an_extracted_context() -> None:
    with kept_spans() as (manager, _):
        first: Any = manager.start_span("first")
        own = first.get_span_context()
        remote = manager.extract_span_context({"traceparent": PARENT})
        children: list[Any] = [manager.start_span("child", parent) for parent in (first, own, remote, None)]
        assert [each.parent and each.parent.span_id for each in children] == [
            own.span_id,
            own.span_id,
            int(SPAN, 16),
            None,
        ]


def test_a_manager_that_is_off_leaves_carriers_alone() -> None:
    manager = TracingManager("off")
    assert manager.inject_span_context(None, {"a": "b"}) == {"a": "b"}
    assert manager.extract_span_context({"traceparent": PARENT}) is None
