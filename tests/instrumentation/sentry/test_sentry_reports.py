"""Failing requests reach a server that speaks Sentry's protocol: with what helps, and without what must not leave."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import warnings
from collections.abc import Iterator
from typing import Any, cast

import pytest
from fastapi import FastAPI, HTTPException, Request, Response
from opentelemetry import propagate
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.routing import Route

from backend_instrumentation import Instrumentation, instrument, sentry
from backend_instrumentation.config.settings import Settings
from backend_instrumentation.tracing import TracingManager

from ..asgi_driver import call
from ..sentry_servers import Inbox, envelope_server


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with envelope_server() as running:
        yield running


@pytest.fixture
def reporter(inbox: Inbox) -> Iterator[sentry.Reporter]:
    started = sentry.init(inbox.dsn, environment="testing", release="shop@1.2.3", user_id=user)
    assert started is not None
    yield started
    started.close()


def user(scope: Any) -> str | None:
    return dict(scope["headers"]).get(b"x-user", b"").decode() or None


def application() -> FastAPI:
    app = FastAPI()

    @app.post("/orders/{order}")
    async def fail(order: str, request: Request) -> None:
        password = (await request.body()).decode() or "canary-variable"
        raise ValueError(f"order {order} failed with password={password!r}")

    @app.get("/refused")
    async def refused() -> None:
        raise HTTPException(503, "not now")

    @app.get("/fine")
    async def fine() -> str:
        return "fine"

    return app


def attached(app: FastAPI, reporter: sentry.Reporter, **options: Any) -> Instrumentation:
    return instrument(app, registry=CollectorRegistry(), config=Settings(), sentry=reporter, **options)


def test_an_exception_arrives_with_its_tags_and_without_secrets(
    inbox: Inbox, reporter: sentry.Reporter
) -> None:
    app = application()
    attached(app, reporter)
    headers = [("authorization", "Bearer canary-header"), ("cookie", "sid=canary-cookie"), ("x-user", "u-17")]
    answer = call(app, "/orders/7?token=canary-query", method="POST", headers=headers)
    assert (answer.status, str(answer.raised)) == (500, "order 7 failed with password='canary-variable'")
    assert call(app, "/fine").status == 200
    reporter.close()
    (event,) = inbox.events
    assert event["tags"] == {"handler": "/orders/{order}", "method": "POST", "status_code": "500"}
    assert (event["release"], event["environment"]) == ("shop@1.2.3", "testing")
    assert (event["transaction"], event["user"]) == ("POST /orders/{order}", {"id": "u-17"})
    (exception,) = event["exception"]["values"]
    assert (exception["type"], exception["value"]) == (
        "ValueError",
        "order 7 failed with password=[redacted]",
    )
    assert exception["stacktrace"]["frames"][-1]["function"] == "fail"
    assert "canary" not in str(event)


def test_what_the_application_reports_itself_is_cleaned_too(inbox: Inbox, reporter: sentry.Reporter) -> None:
    import sentry_sdk

    with sentry_sdk.new_scope() as scope:
        scope.set_extra(
            "settings", {"db": {"password": "canary"}, "url": "https://me:canary@db/x?key=canary"}
        )
        scope.set_user({"id": 3, "email": "canary@example.com"})
        scope.add_event_processor(lambda event, _: cast("Any", {**event, "request": REQUEST}))
        sentry_sdk.capture_message("it failed: api_key=canary")
    reporter.close()
    (event,) = inbox.events
    assert event["message"] == "it failed: api_key=[redacted]"
    assert event["user"] == {"id": 3}
    assert event["request"] == {"method": "GET", "url": "http://shop/a"}
    assert "canary" not in str(event)


REQUEST = {
    "method": "GET",
    "url": "http://shop/a?x=canary",
    "query_string": "x=canary",
    "headers": {"Cookie": "canary"},
    "cookies": {"a": "canary"},
    "data": {"card": "canary"},
    "env": {"SERVER": "canary"},
}


def test_an_answer_of_500_without_an_exception_is_reported_as_such(
    inbox: Inbox, reporter: sentry.Reporter
) -> None:
    app = application()
    attached(app, reporter)
    assert call(app, "/refused").status == 503
    reporter.close()
    (event,) = inbox.events
    assert event["message"] == "GET /refused answered 503"
    assert event["tags"]["status_code"] == "503"


def test_a_storm_sends_a_few_and_says_how_many_it_held_back(inbox: Inbox, reporter: sentry.Reporter) -> None:
    app = application()
    attached(app, reporter)
    for _ in range(200):
        call(app, "/orders/7", method="POST")
    assert (reporter.reported, reporter.refused) == (10, 190)
    call(app, "/refused")
    reporter.close()
    assert len(inbox.events) == 11


def test_the_trace_id_is_opentelemetrys_and_the_propagator_stays(
    inbox: Inbox, reporter: sentry.Reporter
) -> None:
    before = propagate.get_global_textmap()
    manager = TracingManager("shop", "127.0.0.1", 9, enable_tracing=True)
    app = application()
    attached(app, reporter, tracing=manager)
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    call(app, "/orders/7", method="POST", headers=[("traceparent", f"00-{trace_id}-b7ad6b7169203331-01")])
    manager.close(0)
    reporter.close()
    (event,) = inbox.events
    assert event["contexts"]["trace"]["trace_id"] == trace_id
    assert propagate.get_global_textmap() is before


def test_starlette_alone_is_served_too(inbox: Inbox, reporter: sentry.Reporter) -> None:
    async def fail(_: Any) -> Any:
        raise LookupError("gone")

    app = Starlette(routes=[Route("/a/{b}", fail)])
    instrument(app, registry=CollectorRegistry(), config=Settings(), sentry=reporter)
    call(app, "/a/1")
    reporter.close()
    assert [event["transaction"] for event in inbox.events] == ["GET /a/{b}"]


@pytest.mark.parametrize("dsn", ["nonsense", "http://", "http://127.0.0.1:9/1", "ftp://a@b/1"])
def test_a_dsn_that_is_none_is_one_warning_and_does_not_show_its_key(
    dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert sentry.init(dsn) is None
    (record,) = caplog.records
    assert "Sentry is off" in record.getMessage()
    assert dsn not in record.getMessage()


def test_without_a_dsn_nothing_is_loaded() -> None:
    program = (
        "import sys; from fastapi import FastAPI; from backend_instrumentation import instrument, sentry;"
        "instrument(FastAPI()); assert sentry.init() is None;"
        "print([name for name in sys.modules if name.startswith(('sentry_sdk', 'opentelemetry.sdk'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env={})
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("state", ["down", "silent", "429", "500"])
def test_a_server_that_does_not_take_events_changes_no_answer(inbox: Inbox, state: str) -> None:
    inbox.status = int(state) if state.isdigit() else 200
    if state == "silent":
        inbox.release.clear()
    dsn = "http://public@127.0.0.1:9/1" if state == "down" else inbox.dsn
    reporter = sentry.init(dsn)
    assert reporter is not None
    app = application()
    attached(app, reporter)
    answers = [call(app, "/orders/7", method="POST") for _ in range(20)]
    assert [(each.status, type(each.raised)) for each in answers] == [(500, ValueError)] * 20
    reporter.close(0.2)
    assert inbox.events == []


def test_a_hook_of_the_users_that_fails_takes_nothing_along(
    inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: Any) -> str:
        raise KeyError("no user")

    reporter = sentry.init(inbox.dsn, user_id=broken)
    assert reporter is not None
    app = application()
    attached(app, reporter)
    call(app, "/orders/7", method="POST")
    reporter.close()
    (event,) = inbox.events
    assert "user" not in event
    assert "asking for the user's id failed" in caplog.text


def test_an_application_that_started_the_sdk_itself_keeps_it(
    inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    import sentry_sdk

    sentry_sdk.init(dsn=inbox.dsn, default_integrations=False)
    try:
        assert sentry.init("http://public@127.0.0.1:9/2") is None
        assert "left alone" in caplog.text
        assert sentry_sdk.get_client().dsn == inbox.dsn
    finally:
        sentry_sdk.get_client().close(timeout=0)
        sentry_sdk.get_global_scope().set_client(None)


def test_an_application_that_starts_the_sdk_later_has_it_to_itself(inbox: Inbox) -> None:
    import sentry_sdk

    reporter = sentry.init(inbox.dsn)
    assert reporter is not None
    app = application()
    attached(app, reporter)
    sentry_sdk.init(dsn="http://public@127.0.0.1:9/2", default_integrations=False)
    theirs = sentry_sdk.get_client()
    try:
        call(app, "/refused")
        reporter.close()
        assert (reporter.reported, sentry_sdk.get_client(), theirs.transport is None) == (0, theirs, False)
        assert inbox.events == []
    finally:
        theirs.close(timeout=0)
        sentry_sdk.get_global_scope().set_client(None)


def test_what_a_handler_of_all_exceptions_answers_decides(inbox: Inbox, reporter: sentry.Reporter) -> None:
    app = application()

    @app.exception_handler(Exception)
    async def answer(request: Request, _: Exception) -> Response:
        return Response(status_code=404 if "forgiven" in request.url.path else 502)

    attached(app, reporter)
    assert call(app, "/orders/forgiven", method="POST").status == 404
    assert call(app, "/orders/7", method="POST").status == 502
    reporter.close()
    (event,) = inbox.events
    assert (event["tags"]["status_code"], event["exception"]["values"][0]["type"]) == ("502", "ValueError")


def test_no_event_names_the_host_and_nothing_is_collected(inbox: Inbox) -> None:
    import sentry_sdk

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        reporter = sentry.init(inbox.dsn)
    assert reporter is not None
    app = application()
    attached(app, reporter)
    call(app, "/orders/7", method="POST")
    sentry_sdk.capture_message("the application's own")
    collected = sentry_sdk.get_client().options.get("data_collection") or {}
    reporter.close()
    assert len(inbox.events) == 2
    for event in inbox.events:
        assert "server_name" not in event
        assert socket.gethostname() not in str(event)
    assert [path for path, value in switches(collected) if value not in (False, 0, [], "off")] == []


def switches(collected: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what can be collected, however deep, with its setting."""
    for name, value in collected.items():
        if isinstance(value, dict):
            yield from switches(value, f"{path}{name}.")
        elif name not in ("terms", "provided_by_user"):
            yield f"{path}{name}", value


def test_a_forked_child_reports_too(inbox: Inbox, reporter: sentry.Reporter) -> None:
    import sentry_sdk

    app = application()
    attached(app, reporter)
    call(app, "/refused")
    sentry_sdk.flush(10)  # what is queued at the fork, the SDK sends in both processes
    child = os.fork()
    if child == 0:
        call(app, "/orders/7", method="POST")
        reporter.close()
        os._exit(0)
    os.waitpid(child, 0)
    reporter.close()
    assert sorted(event["transaction"] for event in inbox.events) == ["GET /refused", "POST /orders/{order}"]


def test_two_applications_share_the_reporter_and_the_last_one_closes_it(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTRY_DSN", inbox.dsn)
    monkeypatch.setenv("SENTRY_RELEASE", "env@1")
    first, second = (
        instrument(application(), registry=CollectorRegistry(), config=Settings()) for _ in range(2)
    )
    call(first.app, "/refused")
    first.uninstrument()
    call(second.app, "/orders/7", method="POST")
    second.uninstrument()
    assert [event["release"] for event in inbox.events] == ["env@1", "env@1"]
    assert sentry.init() is not None, "it can be started again"
    sentry.init().close()  # type: ignore[union-attr]


def test_what_one_request_set_is_not_told_of_another(inbox: Inbox, reporter: sentry.Reporter) -> None:
    import sentry_sdk

    app = application()

    @app.get("/login")
    async def login() -> None:
        sentry_sdk.set_user({"id": "somebody else"})
        sentry_sdk.set_tag("tenant", "somebody else's")

    attached(app, reporter)
    call(app, "/login")
    call(app, "/refused")
    reporter.close()
    (event,) = inbox.events
    assert "somebody" not in str(event)
