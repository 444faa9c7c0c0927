"""Status, headers, body and exception are the same with and without the package, over random faults."""

from __future__ import annotations

import asyncio
import logging
import os
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from backend_instrumentation import Instruments, instrument
from backend_instrumentation.config.settings import Settings
from backend_instrumentation.http_metrics.handler import HandlerNames
from backend_instrumentation.http_metrics.labelled_counter import LabelledCounter
from backend_instrumentation.http_metrics.measured_request import MeasuredRequest
from backend_instrumentation.http_metrics.observed_request import ObservedRequest
from backend_instrumentation.http_metrics.recorder import HttpRecorder
from backend_instrumentation.http_metrics.request_counter import RequestCounter
from backend_instrumentation.http_metrics.request_measures import RequestMeasures
from backend_instrumentation.recording.callbacks import RequestCallbacks

from ..answers import all_answered, refuse
from ..random_apps import APPLICATIONS, ASKED, Asked, RaisingRegistry, UnhashableRegistry, application

REQUESTS_EACH: Final = 12
REQUESTS: Final = 100_000 if os.environ.get("WATCHKEEPER_LONG") else 3_000
EXAMPLES: Final = int(os.environ.get("INSTRUMENTATION_TEST_REQUESTS", REQUESTS)) // REQUESTS_EACH
REGISTRIES: Final = st.sampled_from([CollectorRegistry, RaisingRegistry, UnhashableRegistry])
PARTS: Final = st.sampled_from(
    [
        *(
            None,
            None,
            None,
            (HttpRecorder, "__init__"),
            (HttpRecorder, "children"),
            (HttpRecorder, "initialize_series"),
        ),
        *(
            (HandlerNames, "__init__"),
            (HandlerNames, "named"),
            (HandlerNames, "refresh"),
            (RequestCounter, "series"),
        ),
        *(
            (RequestCounter, "failed"),
            (ObservedRequest, "__init__"),
            (ObservedRequest, "_finish"),
            (Instruments, "before_collect"),
            (MeasuredRequest, "__init__"),
            (MeasuredRequest, "_finished"),
            (RequestMeasures, "record"),
            (LabelledCounter, "series"),
            (RequestCallbacks, "call"),
        ),
    ]
)


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """Log nothing: pytest would keep each record, with the frames of its traceback, to the end of the long mode."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("broken on purpose")


VALUES: Final = st.sampled_from([None, 7, "a", "x" * 1000, "\ud800", Unprintable(), object, b"\xff"])
LABELS: Final = st.sampled_from(["tenant", "region", "handler", "a b", "", 7])
OPTIONS: Final = st.fixed_dictionaries(
    {},
    optional={
        "exclude": st.sampled_from(
            [["/own0/1"], ["re:^/api"], ["re:["], [re.compile("own")], ["/a.*"], 7, [7]]
        ),
        "metrics_path": st.sampled_from([None, "/own0/1", "/own0/x", "/m", 7, ""]),
        "health_path": st.sampled_from([None, "/api/r0/3", "/nothing", "/h", b"/h"]),
        "packs": st.sampled_from([["http_sizes", "http_first_byte"], ["nothing"], 7]),
        "labels": st.dictionaries(
            LABELS,
            st.just("constant") | st.just(refuse) | VALUES.map(lambda value: lambda *_: value),
            max_size=3,
        ),
        "status_groups": st.sampled_from([True, False, "x"]),
        "on_request": st.sampled_from([[refuse], [], repr, 7, [lambda each: each.nothing]]),
    },
)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    made=APPLICATIONS,
    requests=st.lists(ASKED, min_size=REQUESTS_EACH, max_size=REQUESTS_EACH),
    registry=REGISTRIES,
    broken=PARTS,
    hooks=st.booleans(),
    handlers=st.sampled_from([1, 2, 1000]),
    options=OPTIONS,
)
def test_answers_are_the_same_with_and_without_the_package(
    made: dict[str, Any],
    requests: list[Asked],
    registry: Any,
    broken: Any,
    hooks: bool,
    handlers: int,
    options: dict[str, Any],
) -> None:
    expected = asyncio.run(all_answered(application(**made), requests))
    with pytest.MonkeyPatch.context() as patched:
        if broken is not None:
            owner, name = broken
            patched.setattr(owner, name, refuse)
        app = application(**made)
        handle = instrument(app, registry=registry(), config=Settings(max_handlers=handlers), **options)
        if hooks:
            handle.hooks.on_error.append(refuse)
            handle.hooks.exemplar = refuse
        found = asyncio.run(all_answered(app, requests))
        handle.uninstrument()
    chosen = handle.instruments.settings
    ours = [path for path in (chosen.metrics_path, chosen.health_path) if path is not None]
    for asked, answer, other in zip(requests, found, expected, strict=True):
        # Only what the application answers 404 at these two paths may differ, also when the client has left.
        if other[0] not in (404, None) or not asked.path.endswith(tuple(ours)):
            assert answer == other
