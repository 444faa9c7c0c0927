"""An application's own answer at /metrics and /health always wins; ours replaces its 404 and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry, make_asgi_app
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Host, Mount, Route, Router
from starlette.staticfiles import StaticFiles

from backend_instrumentation import instrument, metrics_endpoint
from backend_instrumentation.config.settings import Settings, parse

from ..asgi_driver import Client, call, counted
from ..random_apps import Copying

OURS = b"http_requests_in_progress"
BOTH = ("/metrics", "/health")


async def own(_: Request) -> Response:
    return PlainTextResponse("own", 503)


async def hidden(_: Request) -> Response:
    return PlainTextResponse("hidden from you", 404)


async def own_page(_: Request, __: Exception) -> Response:
    return PlainTextResponse("own page")


async def hidden_page(_: Request, __: Exception) -> Response:
    return PlainTextResponse("not here", 404)


async def opaque(scope: Any, receive: Any, send: Any) -> None:
    await PlainTextResponse("opaque", 201)(scope, receive, send)


class Refusing:
    """Answers by itself, as a rate limiter or a firewall would."""

    def __init__(self, app: Any, status: int) -> None:
        self.app = app
        self.status = status

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await PlainTextResponse("refused", self.status)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def router() -> APIRouter:
    made = APIRouter()
    made.add_route("/metrics", own)
    made.add_route("/health", own)
    return made


def included(app: Starlette) -> None:
    assert isinstance(app, FastAPI)
    app.include_router(router())


FORMS: dict[str, Any] = {
    "routes": lambda app: [app.add_route(path, own) for path in BOTH],
    "routes that answer 404": lambda app: [app.add_route(path, hidden) for path in BOTH],
    "routes for another method": lambda app: [app.add_route(path, own, methods=["POST"]) for path in BOTH],
    "trailing slashes": lambda app: [app.add_route(path + "/", own) for path in BOTH],
    "mounts": lambda app: [app.mount(path, opaque) for path in BOTH],
    "a mount of everything": lambda app: app.mount("/", opaque),
    "a catch-all route": lambda app: app.add_route("/{path:path}", own),
    "a template": lambda app: app.add_route("/{name}", own),
    "an included router": included,
    "a sub-application": lambda app: app.mount("/", Starlette(routes=[Route(path, own) for path in BOTH])),
    "a host": lambda app: app.host("testserver", Router(routes=[Route(path, own) for path in BOTH])),
    "middleware that answers 403": lambda app: app.add_middleware(Refusing, status=403),
    "middleware that answers 503": lambda app: app.add_middleware(Refusing, status=503),
    "a handler of 404 that answers 200": lambda app: app.add_exception_handler(404, own_page),
    "a handler of HTTP exceptions that answers 200": lambda app: app.add_exception_handler(
        HTTPException, own_page
    ),
}


def answers(app: Starlette) -> list[tuple[Any, ...]]:
    asked = [
        (path, method) for path in (*BOTH, "/metrics/", "/health/") for method in ("GET", "HEAD", "POST")
    ]
    found = [call(app, path, method=method) for path, method in asked]
    return [(each.status, each.headers, each.body, each.raised) for each in found]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_an_applications_own_answer_wins(form: Any, late: bool, registry: CollectorRegistry) -> None:
    bare, app = FastAPI(), FastAPI()
    form(bare)
    if not late:
        form(app)
    instrument(app, registry=registry, config=Settings())
    if late:
        form(app)
    assert answers(app) == answers(bare)
    assert {labels[1] for labels in counted(registry)}.isdisjoint(BOTH)


def test_a_router_with_a_default_of_its_own_answers_itself(registry: CollectorRegistry) -> None:
    app = Starlette()
    app.router.default = opaque
    instrument(app, registry=registry, config=Settings())
    assert [own_at(app, path) for path in BOTH] == [b"opaque", b"opaque"]


def test_prometheus_clients_own_application_keeps_its_mount(registry: CollectorRegistry) -> None:
    bare, app = Starlette(), Starlette()
    for each in (bare, app):
        each.mount("/metrics", make_asgi_app(registry))
    instrument(app, registry=registry, config=Settings())
    assert call(app, "/metrics").status == call(bare, "/metrics").status == 307
    assert OURS in call(app, "/metrics/").body  # theirs, with our families in the same registry
    assert call(app, "/health").body == b'{"status":"ok"}'


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.mark.parametrize(
    "free",
    [
        lambda app, folder: None,
        lambda app, folder: app.mount("/", StaticFiles(directory=folder)),
        lambda app, folder: app.mount("/", Starlette(routes=[Route("/other", own)])),
        lambda app, folder: app.add_route("/{path:path}", hidden),
        lambda app, folder: app.add_exception_handler(404, hidden_page),
        lambda app, folder: app.router.routes.append(
            Host("elsewhere", Router(routes=[Route("/metrics", own)]))
        ),
    ],
    ids=["nothing", "static files", "sub-application", "catch-all that answers 404", "own 404 page", "host"],
)
def test_what_the_application_would_answer_404_is_ours(
    free: Any, registry: CollectorRegistry, tmp_path: Path
) -> None:
    (tmp_path / "index.html").write_text("index")
    app = FastAPI()
    free(app, tmp_path)
    instrument(app, registry=registry, config=Settings())
    page, health = (call(app, path) for path in BOTH)
    assert (page.status, OURS in page.body, health.body) == (200, True, b'{"status":"ok"}')
    assert page.headers["content-length"] == str(len(page.body))
    assert call(app, "/metrics", method="POST").status in (404, 405)
    assert call(app, "/health/x").status == 404
    assert {labels[1] for labels in counted(registry)}.isdisjoint(BOTH)


def test_static_files_of_these_names_are_the_applications(
    registry: CollectorRegistry, tmp_path: Path
) -> None:
    for path in BOTH:
        (tmp_path / path[1:]).write_text("a file")
    app = Starlette(routes=[Mount("/", StaticFiles(directory=tmp_path))])
    instrument(app, registry=registry, config=Settings())
    assert [call(app, path).body for path in BOTH] == [b"a file", b"a file"]


def test_middleware_of_starlettes_own_kind_sees_the_scrape_and_passes_it(registry: CollectorRegistry) -> None:
    seen: list[tuple[str, int]] = []

    async def dispatch(request: Request, call_next: Any) -> Response:
        response: Response = await call_next(request)
        seen.append((request.url.path, response.status_code))
        response.headers["x-passed"] = "1"
        return response

    app = Starlette(routes=[Route("/a", own)])
    app.add_middleware(BaseHTTPMiddleware, dispatch=dispatch)
    instrument(app, registry=registry, config=Settings())
    page = call(app, "/metrics")
    assert (page.status, OURS in page.body, "x-passed" in page.headers) == (200, True, True)
    assert seen == [("/metrics", 200)]


def test_a_copied_scope_is_no_own_page(registry: CollectorRegistry, caplog: pytest.LogCaptureFixture) -> None:
    app = Starlette()
    app.add_middleware(Copying)
    instrument(app, registry=registry, config=Settings())
    assert OURS in call(app, "/metrics").body
    assert caplog.records == []


def test_an_exception_of_middleware_is_the_applications_answer(registry: CollectorRegistry) -> None:
    async def dispatch(request: Request, call_next: Any) -> Response:
        raise RuntimeError("no session")

    app = Starlette()
    app.add_middleware(BaseHTTPMiddleware, dispatch=dispatch)
    instrument(app, registry=registry, config=Settings())
    answer = call(app, "/metrics")
    assert (answer.status, repr(answer.raised)) == (500, "RuntimeError('no session')")


def test_a_client_that_left_breaks_the_page_as_it_breaks_any_answer(registry: CollectorRegistry) -> None:
    app = Starlette()
    instrument(app, registry=registry, config=Settings())
    answer = call(app, "/metrics", client=Client(breaks_at_message=1))
    assert isinstance(answer.raised, OSError)
    assert registry.get_sample_value("instrumentation_errors_total") == 0


def test_other_paths_are_passed_on_unbuffered(registry: CollectorRegistry) -> None:
    sent: list[str] = []

    async def chunks() -> Any:
        for number in range(3):
            sent.append(f"made {number}")
            yield b"x"

    async def stream(_: Request) -> Response:
        return StreamingResponse(chunks(), 404)

    app = Starlette(routes=[Route("/stream", stream)])
    instrument(app, registry=registry, config=Settings(), metrics_path="/internal/metrics")
    assert (call(app, "/stream").status, call(app, "/stream").body) == (404, b"xxx")


def own_at(app: Starlette, path: str) -> bytes:
    return call(app, path).body


@pytest.mark.parametrize("path", ["/internal/metrics", "/-/m", "/metrics/", "/métriques"])
def test_the_paths_can_be_chosen(path: str, registry: CollectorRegistry) -> None:
    app = Starlette()
    instrument(app, registry=registry, config=Settings(), metrics_path=path, health_path="/live")
    assert OURS in own_at(app, path)
    assert OURS in call(app, "/behind" + path, root_path="/behind").body
    assert call(app, "/live").body == b'{"status":"ok"}'
    assert [call(app, each).status for each in BOTH] == [404, 404]
    assert {labels[1] for labels in counted(registry)} <= {"__unmatched__"}
    assert sum(counted(registry).values()) == 0


def test_none_serves_neither(registry: CollectorRegistry) -> None:
    app = Starlette()
    instrument(app, registry=registry, config=Settings(), metrics_path=None, health_path=None)
    assert [call(app, each).status for each in BOTH] == [404, 404]


def test_the_file_names_them_and_an_argument_wins(registry: CollectorRegistry, tmp_path: Path) -> None:
    file = tmp_path / "instrumentation.json"
    file.write_text(json.dumps({"version": 1, "metrics_path": "/m", "health_path": None}))
    app, other = Starlette(), Starlette()
    instrument(app, registry=registry, config=file)
    assert OURS in own_at(app, "/m")
    assert call(app, "/health").status == 404
    instrument(other, registry=registry, config=file, metrics_path="/n", health_path="/h")
    assert OURS in own_at(other, "/n")
    assert own_at(other, "/h") == b'{"status":"ok"}'


@pytest.mark.parametrize(
    "given", [{"metrics_path": 5}, {"metrics_path": "metrics"}, {"health_path": "/a b"}, {"health_path": b"/h"},
              {"metrics_path": "/x?y"}, {"metrics_path": "/" + "x" * 300}, {"metrics_path": "/health"},
              {"metrics_path": "/x", "health_path": "/x"}, {"metrics_path": ""}, {"health_path": ["/h"]}]
)  # fmt: skip
def test_a_path_that_is_none_is_one_warning_and_the_default(
    given: dict[str, Any], registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    app = Starlette()
    instrument(app, registry=registry, config=Settings(), **given)
    assert OURS in own_at(app, "/metrics")
    assert own_at(app, "/health") == b'{"status":"ok"}'
    (record,) = caplog.records
    assert record.getMessage().startswith("instrument(): left out: ")
    assert all(key in record.getMessage() for key in given)
    try:
        json.dumps(given)
    except TypeError:
        return
    assert len(parse({"version": 1, **given}).left_out) == 1


def test_an_own_page_of_metrics_is_one_warning(
    registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    app = Starlette(routes=[Route("/metrics", own), Route("/health", own)])
    instrument(app, registry=registry, config=Settings())
    for _ in range(3):
        assert call(app, "/metrics").body == call(app, "/health").body == b"own"
    (record,) = caplog.records
    assert record.getMessage() == (
        "the application itself answers GET /metrics (503), so the metrics of this package are not served there: "
        "choose another path with instrument(app, metrics_path=...), or None for no such page"
    )


def test_an_own_page_is_no_warning_when_ours_is_elsewhere(
    registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    app = Starlette()
    app.add_route("/metrics", metrics_endpoint(registry=registry))
    instrument(app, registry=registry, config=Settings(), metrics_path=None)
    inside, outside = Starlette(), Starlette()
    instrument(inside, registry=registry, config=Settings())
    outside.mount("/", inside)
    instrument(outside, registry=registry, config=Settings())
    assert OURS in own_at(app, "/metrics")
    assert OURS in own_at(outside, "/metrics")
    assert caplog.records == []


def test_the_applications_own_404_stays_where_ours_is_taken_off(registry: CollectorRegistry) -> None:
    app = Starlette()
    app.add_exception_handler(404, lambda *_: JSONResponse({"own": 404}, 404))
    handle = instrument(app, registry=registry, config=Settings())
    assert OURS in own_at(app, "/metrics")
    handle.uninstrument()
    assert call(app, "/metrics").body == b'{"own":404}'
