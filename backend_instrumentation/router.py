"""Routes of metrics, probes, services and logs for a FastAPI application that mounts them.

`app.include_router(router)` serves the newest metrics, checks and dashboard of the process;
`monitoring_router(…)` chooses them, and puts the application's own dependencies in front. Needs FastAPI.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field

from .exposition.endpoint import metrics_endpoint
from .exposition.single_flight import SingleFlight
from .health.checks.check_definition import LIVE, READY
from .health.monitoring.monitoring_dashboard import MonitoringDashboard, newest_dashboard
from .health.monitoring.service_metrics import ServiceMetrics
from .health.monitoring.system_metrics import SystemMetrics
from .health.monitoring.tool_metrics import ToolMetrics
from .health.probes.health_endpoints import live_answer, probe_answer
from .health.probes.health_report import HealthReport, combined
from .health.service_health import Health, newest_health
from .logmetrics.query.log_query import query_logs
from .logmetrics.writing.default_log import default_log
from .packs.instruments import Instruments, open_instruments

_HOUR: Final = 3600.0
_MOST_HOURS: Final = 24 * 366
_UNAVAILABLE: Final = 503


class LiveAnswer(BaseModel):
    """Liveness: ok while the process can work."""

    status: Literal["ok", "fail"]


class CheckState(BaseModel):
    """A check that decided the state of its group."""

    name: str
    status: Literal["pass", "warn", "fail", "skipped", "unknown"]


class ReadyAnswer(BaseModel):
    """Readiness, in the shape of application/health+json; `checks` lists what is not well."""

    status: Literal["pass", "warn", "fail"]
    output: str | None = None
    checks: list[CheckState] = Field(default_factory=list)


class MonitoredServices(BaseModel):
    """What the dashboard knows at this moment; empty without a dashboard."""

    services: list[ServiceMetrics]
    tools: list[ToolMetrics]
    system: SystemMetrics | None
    firing: list[str]


class LogGroup(BaseModel):
    """The performance records of one operation and module; sum, mean and percentiles are of the queried field."""

    operation: str
    module: str
    count: int
    success_ratio: float | None
    sum: float | None
    mean: float | None
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


class LogSummary(BaseModel):
    """The records of a period; `broken` and `other` lines were skipped, `damaged` files not read to their end."""

    groups: list[LogGroup]
    records: int
    broken: int
    other: int
    files: int
    damaged: list[str]
    accuracy: float | None


def monitoring_router(
    *,
    instruments: Instruments | None = None,
    health: Health | None = None,
    dashboard: MonitoringDashboard | None = None,
    dependencies: Sequence[Any] = (),
    probe_dependencies: Sequence[Any] = (),
) -> APIRouter:
    """Return the routes /metrics, /health, /ready, /monitoring/services and /monitoring/logs.

    `dependencies`, such as `[Depends(allowed)]`, protect everything but the probes, which `probe_dependencies`
    protect. What is not given is the newest of the process at each request.
    """
    routes = APIRouter(tags=["monitoring"])
    _add_probes(routes, health, list(probe_dependencies))
    _add_metrics(routes, instruments, list(dependencies))
    _add_services(routes, dashboard, list(dependencies))
    _add_logs(routes, list(dependencies))
    return routes


def _add_probes(routes: APIRouter, given: Health | None, dependencies: list[Any]) -> None:
    def report(group: str) -> HealthReport:
        health = given or newest_health()
        if health is None:
            return combined(())
        if not health.running:
            health.start()
        return health.report(group)

    @routes.get("/health", response_model=LiveAnswer, dependencies=dependencies,
                responses={_UNAVAILABLE: {"model": LiveAnswer}})  # fmt: skip
    async def liveness() -> Response:
        """Whether the process can work; asks no other system."""
        return live_answer(report(LIVE))

    @routes.get("/ready", response_model=ReadyAnswer, response_model_exclude_none=True, dependencies=dependencies,
                responses={_UNAVAILABLE: {"model": ReadyAnswer}})  # fmt: skip
    async def readiness() -> Response:
        """Whether new requests should be sent here; answers from the latest results of the checks."""
        return probe_answer(report(READY))


def _add_metrics(routes: APIRouter, given: Instruments | None, dependencies: list[Any]) -> None:
    endpoints: dict[int, Any] = {}

    @routes.get("/metrics", response_class=PlainTextResponse, dependencies=dependencies)
    async def metrics(request: Request) -> Response:
        """The metrics in the format that the scraper accepts."""
        found = given or next(iter(open_instruments()), None)
        if id(found) not in endpoints:
            endpoints.clear()
            endpoints[id(found)] = metrics_endpoint(instruments=found)
        answer: Response = await endpoints[id(found)](request)
        return answer


def _add_services(routes: APIRouter, given: MonitoringDashboard | None, dependencies: list[Any]) -> None:
    @routes.get("/monitoring/services", dependencies=dependencies)
    async def services() -> MonitoredServices:
        """Services, tools and system of this process."""
        dashboard = given or newest_dashboard()
        if dashboard is None:
            return MonitoredServices(services=[], tools=[], system=None, firing=[])
        return MonitoredServices(
            services=[each.metrics() for each in tuple(dashboard.services.values())],
            tools=list(dashboard.tools.metrics().values()),
            system=dashboard.system.metrics(),
            firing=dashboard.alerts.firing(),
        )


def _add_logs(routes: APIRouter, dependencies: list[Any]) -> None:
    summarized = SingleFlight(_summary)

    @routes.get(
        "/monitoring/logs", dependencies=dependencies, responses={404: {"description": "there is no log"}}
    )
    async def logs(
        hours: Annotated[float, Query(gt=0, le=_MOST_HOURS)] = 1,
        operation: str | None = None,
        module: str | None = None,
        field: str | None = None,
    ) -> LogSummary:
        """The performance records of the last hours, from this process's log, by operation and module."""
        try:
            return await summarized(hours, operation, module, field)
        except FileNotFoundError:
            raise HTTPException(404, "there is no performance log") from None


def _summary(*arguments: Hashable) -> LogSummary:
    hours, operation, module, field = arguments
    assert isinstance(hours, float | int)
    since = time.time() - hours * _HOUR
    words = {"operation": operation, "module": module, "field": field}
    found = query_logs(default_log().path, since=since, **words)  # type: ignore[arg-type]
    return LogSummary.model_validate(found.as_dict())


router: Final = monitoring_router()

__all__ = ["monitoring_router", "router"]
