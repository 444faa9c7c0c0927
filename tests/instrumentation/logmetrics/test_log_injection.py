"""The monitors as dependencies: of FastAPI, of svcs, of a container of one's own."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
import svcs
from fastapi import Depends, FastAPI
from starlette.testclient import TestClient

from backend_instrumentation.logmetrics import (
    CheckpointMonitor,
    LLMMonitor,
    LogFile,
    PerformanceMonitorFactory,
    get_checkpoint_monitor,
    get_llm_monitor,
    provide_checkpoint_monitor,
    provide_llm_monitor,
    provide_monitor_factory,
    register_monitoring,
)

from .lines import last


def test_fastapi_injects_the_monitors(log: LogFile) -> None:
    app = FastAPI()
    assert register_monitoring(app) is app

    def answer(
        llm: Annotated[LLMMonitor, Depends(provide_llm_monitor)],
        checkpoints: Annotated[CheckpointMonitor, Depends(provide_checkpoint_monitor)],
        factory: Annotated[PerformanceMonitorFactory, Depends(provide_monitor_factory)],
    ) -> bool:
        llm.record_llm_call("large", "openai", 0.7, 12, 80, 92, True)
        return factory.create_monitor("checkpoint") is checkpoints

    app.add_api_route("/answers", answer, methods=["POST"])
    assert TestClient(app).post("/answers").json() is True
    assert last(log)["operation"] == "llm_call"
    assert app.state.monitoring is PerformanceMonitorFactory.get_instance()


def test_svcs_gives_the_monitors() -> None:
    registry = register_monitoring(svcs.Registry())
    with svcs.Container(registry) as container:
        assert container.get(LLMMonitor) is get_llm_monitor()
        assert container.get(CheckpointMonitor) is get_checkpoint_monitor()
        assert container.get(PerformanceMonitorFactory) is PerformanceMonitorFactory.get_instance()


def test_a_container_of_ones_own() -> None:
    class Container:
        def __init__(self) -> None:
            self.made: dict[Any, Any] = {}

        def register(self, wanted: Any, provider: Any) -> None:
            self.made[wanted] = provider

    container = register_monitoring(Container())
    mapping = register_monitoring({})
    assert container.made == mapping
    assert mapping[LLMMonitor]() is get_llm_monitor()


def test_what_is_no_container_is_refused() -> None:
    with pytest.raises(TypeError, match=r"takes a svcs\.Registry, an application, .* not int"):
        register_monitoring(7)
