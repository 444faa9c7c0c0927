"""Each pack's helpers write the series of the contract."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client import CollectorRegistry

from backend_instrumentation import Instruments
from backend_instrumentation.contract import HEALTH_STATES, PACKS, SANDBOX_ERRORS


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def instruments(registry: CollectorRegistry) -> Instruments:
    return Instruments.from_spec({"version": 1, "packs": list(PACKS)}, registry=registry)


def value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(name, labels)


def executions(registry: CollectorRegistry) -> dict[str, float]:
    return {
        sample.labels["error_type"]: sample.value
        for metric in registry.collect()
        for sample in metric.samples
        if sample.name == "sandbox_executions_total" and sample.value
    }


def test_a_sandbox_execution_is_counted_and_timed(
    instruments: Instruments, registry: CollectorRegistry
) -> None:
    with instruments.sandbox.execution() as run:
        assert run.error_type == "none"
    assert value(registry, "sandbox_executions_total", status="success", error_type="none") == 1
    assert value(registry, "sandbox_execution_duration_seconds_count") == 1
    assert value(registry, "sandbox_execution_duration_seconds_sum") == run.seconds > 0


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TimeoutError(), "timeout"),
        (MemoryError(), "out_of_memory"),
        (SyntaxError("x"), "syntax_error"),
        (ValueError("x"), "runtime_error"),
        (KeyboardInterrupt(), "internal"),
        (asyncio.CancelledError(), "internal"),
    ],
)
def test_the_exception_names_the_kind_of_error_and_goes_on(
    error: BaseException, kind: str, instruments: Instruments, registry: CollectorRegistry
) -> None:
    with pytest.raises(type(error)) as raised, instruments.sandbox.execution() as run:
        raise error
    assert raised.value is error
    assert (run.success, run.error_type) == (False, kind)
    assert executions(registry) == {kind: 1}


def test_the_code_may_name_the_kind_of_error_itself(
    instruments: Instruments, registry: CollectorRegistry
) -> None:
    for kind in SANDBOX_ERRORS:
        with instruments.sandbox.execution() as run:
            run.error_type = kind
    with instruments.sandbox.execution() as run:
        run.success = False
    with instruments.sandbox.execution() as run:
        run.error_type = "a kind of its own"
    expected = dict.fromkeys(SANDBOX_ERRORS, 1) | {"internal": 2, "__other__": 1}
    assert executions(registry) == expected
    assert value(registry, "sandbox_executions_total", status="error", error_type="__other__") == 1


def test_the_pool_shows_what_was_set_and_nothing_else(
    instruments: Instruments, registry: CollectorRegistry
) -> None:
    instruments.sandbox.pool(available=3, size=5)
    assert value(registry, "sandbox_pool_available") == 3
    assert value(registry, "sandbox_pool_size") == 5
    assert value(registry, "sandbox_pool_in_use") is None


def test_an_ai_response_counts_its_tokens(instruments: Instruments, registry: CollectorRegistry) -> None:
    instruments.ai.response(model="large", prompt_tokens=12, completion_tokens=30, duration=0.7)
    instruments.ai.response(model="large", success=False)
    assert value(registry, "ai_requests_total", model="large", status="success") == 1
    assert value(registry, "ai_requests_total", model="large", status="error") == 1
    assert value(registry, "ai_tokens_total", model="large", kind="prompt") == 12
    assert value(registry, "ai_tokens_total", model="large", kind="completion") == 30
    assert value(registry, "ai_response_duration_seconds_sum", model="large") == 0.7


def test_an_ai_request_is_timed_and_its_tokens_come_later(
    instruments: Instruments, registry: CollectorRegistry
) -> None:
    with instruments.ai.request("small") as call:
        call.prompt_tokens = 4
    with pytest.raises(ValueError, match="no answer"), instruments.ai.request("small"):
        raise ValueError("no answer")
    assert value(registry, "ai_requests_total", model="small", status="success") == 1
    assert value(registry, "ai_requests_total", model="small", status="error") == 1
    assert value(registry, "ai_tokens_total", model="small", kind="prompt") == 4
    assert value(registry, "ai_tokens_total", model="small", kind="completion") is None
    assert value(registry, "ai_response_duration_seconds_count", model="small") == 2


@pytest.mark.parametrize(
    ("asked", "operation"),
    [("select", "select"), ("INSERT INTO t VALUES (1)", "insert"), ("  delete\nfrom t", "delete"),
     ("WITH x AS (SELECT 1) SELECT 1", "__other__"), ("", "__other__"), (None, "__other__")],
)  # fmt: skip
def test_a_query_is_recorded_by_its_first_word(
    asked: str, operation: str, instruments: Instruments, registry: CollectorRegistry
) -> None:
    if asked is None:
        with instruments.database.query(asked):
            pass
        assert instruments.guard is not None
        assert value(registry, "instrumentation_errors_total") == 1
        return
    with instruments.database.query(asked):
        pass
    assert value(registry, "database_query_duration_seconds_count", operation=operation) == 1


def test_queries_above_the_services_own_limit_are_slow(
    instruments: Instruments, registry: CollectorRegistry
) -> None:
    instruments.database.record("select", 1.0)
    instruments.database.record("select", 1.01)
    instruments.database.slow_seconds = 0.2
    instruments.database.record("update", 0.21)
    assert value(registry, "database_slow_queries_total", operation="select") == 1
    assert value(registry, "database_slow_queries_total", operation="update") == 1


def test_connections_are_counted_while_in_use(instruments: Instruments, registry: CollectorRegistry) -> None:
    instruments.database.connections(most=5)
    assert value(registry, "database_connections_in_use") is None
    with instruments.database.connection():
        assert value(registry, "database_connections_in_use") == 1
    assert value(registry, "database_connections_in_use") == 0
    instruments.database.connections(in_use=4)
    assert value(registry, "database_connections_in_use") == 4
    assert value(registry, "database_connections_max") == 5


def test_tool_calls(instruments: Instruments, registry: CollectorRegistry) -> None:
    with instruments.tool.call("search", "query"):
        pass
    instruments.tool.record("search", "query", success=False, duration=2)
    labels = {"tool": "search", "operation": "query"}
    assert value(registry, "tool_calls_total", **labels, status="success") == 1
    assert value(registry, "tool_calls_total", **labels, status="error") == 1
    assert value(registry, "tool_call_duration_seconds_count", **labels) == 2


def test_operations(instruments: Instruments, registry: CollectorRegistry) -> None:
    with instruments.operations.operation("sync") as operation:
        operation.success = False
    instruments.operations.record("sync")
    instruments.operations.record("sync", True, 0.5)
    instruments.operations.duration("sync", 0.5)
    assert value(registry, "operations_total", operation_type="sync", success="false") == 1
    assert value(registry, "operations_total", operation_type="sync", success="true") == 2
    assert value(registry, "operation_duration_seconds_count", operation_type="sync") == 3


def test_checkpoints(instruments: Instruments, registry: CollectorRegistry) -> None:
    with instruments.checkpoint.save() as checkpoint:
        checkpoint.size = 2048
    with pytest.raises(OSError, match="gone"), instruments.checkpoint.load(size=10):
        raise OSError("gone")
    assert value(registry, "checkpoint_operations_total", operation="save", status="success") == 1
    assert value(registry, "checkpoint_operations_total", operation="load", status="error") == 1
    assert value(registry, "checkpoint_size_bytes_sum", operation="save") == 2048
    assert value(registry, "checkpoint_duration_seconds_count", operation="load") == 1


def test_health_checks_count_failures_in_a_row(instruments: Instruments, registry: CollectorRegistry) -> None:
    for success in (True, False, False):
        with instruments.health.check("redis", "dependency") as check:
            check.success = success
    assert value(registry, "health_consecutive_failures", check="redis") == 2
    last = value(registry, "health_last_success_timestamp_seconds", check="redis")
    instruments.health.record("redis", kind="dependency")
    assert value(registry, "health_consecutive_failures", check="redis") == 0
    assert last is not None
    assert (value(registry, "health_last_success_timestamp_seconds", check="redis") or 0) > last
    labels = {"check": "redis", "kind": "dependency"}
    assert value(registry, "health_checks_total", **labels, status="success") == 2
    assert value(registry, "health_checks_total", **labels, status="error") == 2


def test_a_check_is_in_exactly_one_state(instruments: Instruments, registry: CollectorRegistry) -> None:
    for asked, shown in (("running", "running"), ("on fire", "unknown"), ("degraded", "degraded")):
        instruments.health.state("redis", asked)
        states = {each: value(registry, "health_state", check="redis", state=each) for each in HEALTH_STATES}
        assert states == {each: float(each == shown) for each in HEALTH_STATES}


def test_business(instruments: Instruments, registry: CollectorRegistry) -> None:
    @instruments.business.feature("export")
    def export(fail: bool) -> None:
        if fail:
            raise ValueError("not exported")

    export(False)
    with pytest.raises(ValueError, match="not exported"):
        export(True)
    instruments.business.feature_used("import")
    instruments.business.active(users=7)
    with instruments.business.session():
        assert value(registry, "business_active_sessions") == 1
    assert value(registry, "business_active_sessions") == 0
    instruments.business.active(sessions=3)
    assert value(registry, "business_active_sessions") == 3
    assert value(registry, "business_active_users") == 7
    assert value(registry, "business_feature_uses_total", feature="export") == 1
    assert value(registry, "business_feature_uses_total", feature="import") == 1


def test_page_loads(instruments: Instruments, registry: CollectorRegistry) -> None:
    instruments.web.page_load(1.2)
    instruments.web.page_load(-3)
    instruments.web.page_load(float("nan"))
    assert value(registry, "page_load_seconds_count") == 1
    assert value(registry, "page_load_seconds_sum") == 1.2
    assert value(registry, "instrumentation_errors_total") == 2
