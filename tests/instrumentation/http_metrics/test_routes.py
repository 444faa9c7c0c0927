"""The label `handler` is the full route template of the route that took the request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Host, Mount, Route, Router

from ..routing import fastapi_inside, handlers, hello, items, skip_unless_served


def test_include_prefixes_are_part_of_the_template() -> None:
    app, outer = FastAPI(), APIRouter(prefix="/outer")
    outer.include_router(items(), prefix="/inner")
    app.include_router(outer, prefix="/api/v1")
    assert handlers(app, "/api/v1/outer/inner/items/7") == ["/api/v1/outer/inner/items/{item}"]


def test_a_router_included_twice_keeps_its_two_templates_apart() -> None:
    app, router = FastAPI(), items()
    app.include_router(router, prefix="/v1")
    app.include_router(router, prefix="/v2")
    assert handlers(app, "/v1/items/a", "/v2/items/a", "/v1/items/b") == [
        "/v1/items/{item}",
        "/v2/items/{item}",
        "/v1/items/{item}",
    ]


def test_a_route_added_to_a_router_after_it_was_included_has_its_prefix() -> None:
    app, router = FastAPI(), APIRouter()
    app.include_router(router, prefix="/late")

    @router.get("/{thing}")
    async def thing(thing: str) -> str:
        return thing

    skip_unless_served(app, "/late/x")
    assert handlers(app, "/late/x") == ["/late/{thing}"]


def test_plain_routes_of_starlette_in_fastapi_have_their_template() -> None:
    app = FastAPI()
    app.add_route("/plain/{name}", hello)
    assert handlers(app, "/plain/x", "/docs", "/openapi.json") == ["/plain/{name}", "/docs", "/openapi.json"]


def test_routes_that_share_an_endpoint_are_told_apart() -> None:
    app = FastAPI()
    app.add_route("/first/{name}", hello)
    app.add_route("/second/{name}", hello)
    assert handlers(app, "/first/x", "/second/x", "/first/y") == [
        "/first/{name}",
        "/second/{name}",
        "/first/{name}",
    ]


def test_convertors_are_not_part_of_the_template() -> None:
    app = Starlette(routes=[Route("/orders/{number:int}", hello)])
    assert handlers(app, "/orders/12") == ["/orders/{number}"]


@pytest.mark.parametrize("outside", [FastAPI, Starlette], ids=["fastapi", "starlette"])
@pytest.mark.parametrize(
    ("inside", "path", "template"),
    [
        (fastapi_inside(), "/sub/items/7", "/sub/items/{item}"),
        (Starlette(routes=[Route("/s/{x}", hello)]), "/s/1", "/s/{x}"),
        (
            Router(routes=[Mount("/deep/{y}", routes=[Route("/s/{x}", hello)])]),
            "/deep/2/s/1",
            "/deep/{y}/s/{x}",
        ),
        (CORSMiddleware(Starlette(routes=[Route("/w/{x}", hello)])), "/w/1", "/w/{x}"),
    ],
    ids=["fastapi", "starlette", "router", "wrapped in middleware"],
)
def test_a_mounted_application_is_named_with_its_mount(
    outside: type[Starlette], inside: Any, path: str, template: str
) -> None:
    app = outside()
    app.mount("/mnt", inside)
    app.mount("/tenant/{tenant}", inside)
    assert handlers(app, "/mnt" + path, "/tenant/a" + path, "/tenant/b" + path) == [
        "/mnt" + template,
        "/tenant/{tenant}" + template,
        "/tenant/{tenant}" + template,
    ]


def test_a_mount_inside_an_included_router_has_all_prefixes() -> None:
    app, router = FastAPI(), APIRouter()
    router.mount("/mnt", Starlette(routes=[Route("/s/{x}", hello)]))
    app.include_router(router, prefix="/api")
    skip_unless_served(app, "/api/mnt/s/1")
    assert handlers(app, "/api/mnt/s/1") == ["/api/mnt/s/{x}"]


def test_an_opaque_mount_is_one_handler() -> None:
    async def opaque(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse("any")(scope, receive, send)

    for app in (FastAPI(), Starlette()):
        app.mount("/static", opaque)
        assert handlers(app, "/static/a/b.css", "/static/c.js") == ["/static", "/static"]


def test_the_middleware_of_a_mount_does_not_hide_the_routes_behind_it() -> None:
    class Hiding:
        def __init__(self, app: Any) -> None:
            self._hidden = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self._hidden(scope, receive, send)

    inside = Mount("/mnt", routes=[Route("/s/{x}", hello)], middleware=[Middleware(Hiding)])
    assert handlers(Starlette(routes=[inside]), "/mnt/s/1") == ["/mnt/s/{x}"]


def test_what_no_route_of_a_mounted_application_takes_is_unmatched() -> None:
    app = Starlette(routes=[Mount("/mnt", routes=[Route("/s", hello)])])
    assert handlers(app, "/mnt/nothing", "/nothing") == ["__unmatched__", "__unmatched__"]


def test_a_host_is_no_part_of_the_template() -> None:
    app = Starlette(routes=[Host("api.example.org", Router(routes=[Route("/u/{x}", hello)]))])
    assert handlers(app, "/u/1", headers=[("host", "api.example.org")]) == ["/u/{x}"]


@pytest.mark.parametrize("kind", [FastAPI, Starlette])
def test_a_redirect_to_the_other_slash_is_named_after_its_target(kind: type[Starlette]) -> None:
    app = kind()
    app.add_route("/with/{x}/", hello)
    app.add_route("/without/{x}", hello)
    app.mount("/files", PlainTextResponse("opaque"))
    app.mount("/mnt/{tenant}", Starlette(routes=[Route("/s/{x}/", hello)]))
    paths = ("/with/1", "/without/1/", "/files", "/mnt/a/s/1", "/mnt/a", "/with/1/", "/nothing/")
    assert handlers(app, *paths) == [
        "/with/{x}/",
        "/without/{x}",
        "/files",
        "/mnt/{tenant}/s/{x}/",
        "/mnt/{tenant}",
        "/with/{x}/",
        "__unmatched__",
    ]


def test_a_redirect_in_an_included_router_is_named_after_its_target() -> None:
    app, router = FastAPI(), APIRouter(prefix="/items")
    router.add_api_route("/{item}/", lambda item: item)
    app.include_router(router, prefix="/api")
    assert handlers(app, "/api/items/7", "/api/items/7/") == ["/api/items/{item}/"] * 2


def test_what_the_middleware_of_a_mounted_application_answers_has_the_path_of_the_mount() -> None:
    class Refusing:
        def __init__(self, app: Any) -> None:
            self._hidden = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await PlainTextResponse("no", 401)(scope, receive, send)

    inside = Mount("/mnt", routes=[Route("/s/{x}", hello)], middleware=[Middleware(Refusing)])
    app = Starlette(routes=[inside])
    assert handlers(app, "/mnt/nothing", "/mnt/s/1", "/mnt/nothing") == ["/mnt", "/mnt/s/{x}", "/mnt"]


def folder(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<p>index</p>")
    (tmp_path / "assets" / "a.js").write_text("1")
    (tmp_path / "assets" / "index.html").write_text("2")
    return tmp_path


def test_a_frontend_is_one_handler(tmp_path: Path) -> None:
    app, router, inside = FastAPI(), APIRouter(prefix="/admin"), FastAPI()
    if not hasattr(app, "frontend"):
        pytest.skip("this version of FastAPI has no frontends")
    pages = folder(tmp_path)
    app.add_api_route("/api/{item}", lambda item: item)
    app.add_api_route("/slash/", hello_item)
    app.frontend("/", directory=pages)
    app.frontend("/shop", directory=pages)
    router.frontend("/", directory=pages)
    app.include_router(router, prefix="/v1")
    inside.frontend("/ui", directory=pages)
    app.mount("/mnt", inside)
    asked = {
        "/": "/{path}",
        "/assets/a.js": "/{path}",
        "/assets": "/{path}",  # a redirect of the frontend itself
        "/shop/assets/a.js": "/shop/{path}",
        "/shop": "/shop/{path}",
        "/v1/admin/assets/a.js": "/v1/admin/{path}",
        "/mnt/ui/assets/a.js": "/mnt/ui/{path}",
        "/api/1": "/api/{item}",
        "/slash": "/slash/",
        "/missing.js": "__unmatched__",
        "/shop/missing.js": "__unmatched__",
        "/v1/admin/missing.js": "__unmatched__",
    }
    assert dict(zip(asked, handlers(app, *asked), strict=True)) == asked


def hello_item() -> str:
    return "hello"


def test_a_known_path_with_a_wrong_method_keeps_its_template() -> None:
    app = FastAPI()
    app.include_router(items())
    assert handlers(app, "/items/1", method="DELETE") == ["/items/{item}"]


def test_a_route_of_the_applications_own_kind_is_asked_by_its_router_only() -> None:
    asked: list[str] = []
    left: list[bool] = []

    class Asked(Route):
        def matches(self, scope: Any) -> Any:
            asked.append(scope["path"])
            return super().matches(scope)

    async def page(request: Request) -> PlainTextResponse:
        left.append("route" in request.scope)
        return PlainTextResponse("page")

    app = Starlette(routes=[Asked("/users/{name}", page), Mount("/mnt", routes=[Asked("/deep/{id}", page)])])
    assert handlers(app, "/users/ada", "/mnt/deep/1") == ["/users/{name}", "/mnt/deep/{id}"]
    if not all(left):
        pytest.skip("this Starlette does not leave the route in the scope, so that it is matched again")
    # The router asks the first route about both paths.
    assert asked == ["/users/ada", "/mnt/deep/1", "/mnt/deep/1"]
