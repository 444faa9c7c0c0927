"""Status, headers, body and exception are the same with and without the package, over random faults."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterator
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from backend_instrumentation import Instruments, instrument
from backend_instrumentation.config.settings import Settings
from backend_instrumentation.http_metrics.handler import HandlerNames
from backend_instrumentation.http_metrics.observed_request import ObservedRequest
from backend_instrumentation.http_metrics.recorder import HttpRecorder
from backend_instrumentation.http_metrics.request_counter import RequestCounter

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
        ),
    ]
)


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """Log nothing: pytest would keep each record, with the frames of its traceback, to the end of the long mode."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    made=APPLICATIONS,
    requests=st.lists(ASKED, min_size=REQUESTS_EACH, max_size=REQUESTS_EACH),
    registry=REGISTRIES,
    broken=PARTS,
    hooks=st.booleans(),
    handlers=st.sampled_from([1, 2, 1000]),
)
def test_answers_are_the_same_with_and_without_the_package(
    made: dict[str, Any], requests: list[Asked], registry: Any, broken: Any, hooks: bool, handlers: int
) -> None:
    expected = asyncio.run(all_answered(application(**made), requests))
    with pytest.MonkeyPatch.context() as patched:
        if broken is not None:
            owner, name = broken
            patched.setattr(owner, name, refuse)
        app = application(**made)
        handle = instrument(app, registry=registry(), config=Settings(max_handlers=handlers))
        if hooks:
            handle.hooks.on_error.append(refuse)
            handle.hooks.exemplar = refuse
        found = asyncio.run(all_answered(app, requests))
        handle.uninstrument()
    assert found == expected
