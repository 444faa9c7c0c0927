"""Random applications, requests and faults, for comparing an application with and without the package."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route


class RaisingRegistry(CollectorRegistry):
    """A registry that raises in every method."""

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("this registry refuses everything")

    register = unregister = collect = restricted_registry = get_sample_value = _refuse
    get_target_info = set_target_info = _refuse

    def __init__(self) -> None:
        """Even this makes nothing."""


class UnhashableRegistry(CollectorRegistry):
    """A registry that cannot be a key."""

    __hash__ = None  # type: ignore[assignment]


class Severe(BaseException):
    """What no `except Exception` catches."""


@dataclass(frozen=True)
class Behaviour:
    """What an endpoint does."""

    kind: str
    status: int = 200
    body: str = ""


@dataclass(frozen=True)
class Asked:
    """One request, and how its client behaves."""

    path: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    breaks_at: int | None = None
    leaves: bool = False
    missing: frozenset[str] = frozenset()
    more: dict[str, Any] = field(default_factory=dict)


async def _chunks(behaviour: Behaviour) -> AsyncIterator[bytes]:
    yield behaviour.body.encode("utf-8", "replace")
    await asyncio.sleep(0)
    if behaviour.kind == "break":
        raise ValueError(behaviour.body)
    yield b"end"


async def _failing() -> None:
    raise LookupError("after the response")


def endpoint(behaviour: Behaviour) -> Callable[[Request], Any]:
    """Return an endpoint that behaves so."""

    async def answer(request: Request) -> Response:
        if behaviour.kind == "raise":
            raise ValueError(behaviour.body)
        if behaviour.kind == "severe":
            raise Severe(behaviour.body)
        if behaviour.kind == "cancelled":
            raise asyncio.CancelledError(behaviour.body)
        if behaviour.kind == "http exception":
            raise HTTPException(behaviour.status, behaviour.body)
        if behaviour.kind in ("stream", "break"):
            return StreamingResponse(_chunks(behaviour), behaviour.status)
        if behaviour.kind == "reads":
            return PlainTextResponse(await request.body(), behaviour.status)
        if behaviour.kind == "background":
            return PlainTextResponse(behaviour.body, behaviour.status, background=BackgroundTask(_failing))
        return JSONResponse({"said": behaviour.body, **request.path_params}, behaviour.status)

    return answer


def raw(behaviour: Behaviour) -> Any:
    """Return an ASGI application that sends messages as no framework would."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        start = {"type": "http.response.start", "status": behaviour.status, "headers": [(b"x-raw", b"1")]}
        body = {"type": "http.response.body", "body": b"raw"}
        sequences: dict[str, list[Any]] = {
            "twice": [start, body, body],
            "no end": [start, {**body, "more_body": True}],
            "no start": [body],
            "no type": [start, {"nonsense": 1}, body],
            "odd status": [{**start, "status": "200"}, body],
            "list status": [{**start, "status": [200]}, body],
        }
        for message in sequences.get(behaviour.kind, [start, body]):
            await send(message)
        if behaviour.kind == "raise":
            raise ValueError("after the end")

    return application


class Copying:
    """Hides what the router leaves in the scope."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(dict(scope), receive, send)


class Refusing(Copying):
    """Answers by itself whoever has no token."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/refused"):
            await PlainTextResponse("no", 401)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


class Passing(BaseHTTPMiddleware):
    """Starlette's own way of middleware."""

    async def dispatch(self, request: Request, call_next: Any) -> Response:
        response: Response = await call_next(request)
        response.headers["x-passed"] = "1"
        return response


MIDDLEWARE: dict[str, Callable[[Any], None]] = {
    "copying": lambda app: app.add_middleware(Copying),
    "refusing": lambda app: app.add_middleware(Refusing),
    "passing": lambda app: app.add_middleware(Passing),
    "gzip": lambda app: app.add_middleware(GZipMiddleware, minimum_size=1),
}


def application(
    kind: str, behaviours: list[Behaviour], odd: Behaviour, middleware: list[str], own_errors: bool
) -> Starlette:
    """Return an application with these endpoints on its own, in an included router and in a mount."""
    app: Starlette = FastAPI() if kind == "fastapi" else Starlette()
    for number, behaviour in enumerate(behaviours):
        answer, path = endpoint(behaviour), f"/own{number}/{{x}}"
        app.router.routes.append(Route(path, answer, methods=["GET", "POST"]))
        if isinstance(app, FastAPI):
            router = APIRouter(prefix=f"/r{number}")
            router.add_route("/{y}", answer, methods=["GET", "PUT"])
            app.include_router(router, prefix="/api")
        app.mount(f"/m{number}/{{tenant}}", Starlette(routes=[Mount("/in", routes=[Route("/{z}", answer)])]))
    app.mount("/raw", raw(odd))
    app.mount('/odd\n"\\{p}', raw(odd))
    if own_errors:
        app.add_exception_handler(ValueError, lambda _, error: PlainTextResponse(str(error), 418))
        app.add_exception_handler(500, lambda _, error: PlainTextResponse("own", 500))
    for name in middleware:
        MIDDLEWARE[name](app)
    return app


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
STATUSES = st.sampled_from([200, 201, 204, 304, 404, 422, 500, 503])
KINDS = ["answer", "raise", "severe", "cancelled", "http exception", "stream", "break", "reads", "background"]
BEHAVIOURS = st.builds(Behaviour, st.sampled_from(KINDS), STATUSES, TEXTS)
RAW_KINDS = ["plain", "raise", "twice", "no end", "no start", "no type", "odd status", "list status"]
RAW = st.builds(Behaviour, st.sampled_from(RAW_KINDS), st.sampled_from([0, 99, 200, 599, 999, -1, 10**30]))
APPLICATIONS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["fastapi", "starlette"]),
        "behaviours": st.lists(BEHAVIOURS, min_size=1, max_size=3),
        "odd": RAW,
        "middleware": st.lists(st.sampled_from(sorted(MIDDLEWARE)), max_size=2, unique=True),
        "own_errors": st.booleans(),
    }
)
PATHS = st.sampled_from(
    [
        *(
            "/own0/1",
            "/own1/2",
            "/own2/é",
            "/api/r0/3",
            "/api/r1/4",
            "/m0/t/in/5",
            "/m1/u/in/6",
            "/m2/t/out/7",
        ),
        *("/raw/x", '/odd\n"\\x/y', "/refused/1", "/", "", "//", "/nothing", "/own0", "/own0/1/", "/é/%2F"),
        *("/metrics", "/health", "/m", "/h", "/own0/x"),
    ]
) | TEXTS.map(lambda text: f"/own0/{text}")
METHODS = st.sampled_from(["GET", "HEAD", "OPTIONS", "POST", "PUT", "BREW", "", "get"]) | st.integers(
    0, 10_000
).map("M{}".format)
ASKED = st.builds(
    Asked,
    path=PATHS,
    method=METHODS,
    headers=st.sampled_from([(), (("accept-encoding", "gzip"),), (("host", "x" * 300),)]),
    breaks_at=st.none() | st.integers(1, 3),
    leaves=st.booleans(),
    missing=st.frozensets(st.sampled_from(["method", "path", "root_path", "headers"]), max_size=1)
    | st.just(frozenset()),
    more=st.sampled_from([{}, {}, {"root_path": "/own0"}, {"root_path": "/behind"}, {"path": b"/own0/1"}]),
)
