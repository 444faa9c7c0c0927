"""The tunnel for Sentry: bytes as they are to one project only, and limits before anything is sent."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from backend_instrumentation import instrument
from backend_instrumentation.config.settings import Settings
from backend_instrumentation.contract import REPORT_RESULTS
from backend_instrumentation.rum import attach_tunnel, sentry_tunnel
from backend_instrumentation.rum.sentry_address import address_of

from ..asgi_driver import counted
from .posting import post, results

LARGEST = 20_000


@dataclass
class Upstream:
    """A Sentry server: what arrived, and what it answers."""

    port: int = 0
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def dsn(self) -> str:
        return f"http://public@127.0.0.1:{self.port}/7"


@contextmanager
def serving() -> Iterator[Upstream]:
    upstream = Upstream()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            upstream.requests.append((self.path, headers, body))
            self.send_response(upstream.status)
            for name, value in upstream.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_GET = do_POST  # noqa: N815 - the name that the server calls

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    upstream.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield upstream
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def running() -> Iterator[Upstream]:
    with serving() as upstream:
        yield upstream


@pytest.fixture
def upstream(running: Upstream) -> Upstream:
    running.status, running.headers = 200, {}
    running.requests.clear()
    return running


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def tunnel(dsn: str, registry: CollectorRegistry, **options: Any) -> Starlette:
    app = Starlette()
    instrument(app, registry=registry, config=Settings(), packs=["web"])
    assert attach_tunnel(app, dsn=dsn, largest=LARGEST, **options)
    return app


def envelope(dsn: object, payload: bytes = b'{"type":"event"}\n{"message":"x"}\n') -> bytes:
    return json.dumps({"event_id": "9" * 32, "dsn": dsn}).encode() + b"\n" + payload


BINARY = b'{"type":"replay_recording","length":600}\n' + bytes(range(256)) + b"\n\x00\r\n\xff" * 80


@pytest.mark.parametrize("payload", [b"", BINARY, b"x" * (LARGEST - 200)])
@pytest.mark.parametrize("part", [None, 999])
def test_the_bytes_arrive_as_they_are(
    payload: bytes, part: int | None, upstream: Upstream, registry: CollectorRegistry
) -> None:
    body = envelope(upstream.dsn, payload)
    secrets = [("cookie", "session=1"), ("authorization", "Bearer x"), ("x-forwarded-for", "10.9.9.9")]
    assert post(tunnel(upstream.dsn, registry), "/reports", body, secrets, part=part).status == 200
    ((path, headers, arrived),) = upstream.requests
    assert arrived == body
    assert path == "/api/7/envelope/?sentry_version=7&sentry_key=public"
    assert headers["content-type"] == "application/x-sentry-envelope"
    assert not {"cookie", "authorization", "x-forwarded-for"} & headers.keys()
    assert results(registry, "web_error_reports_total") == {"forwarded": 1}
    assert counted(registry) == {}


@pytest.mark.parametrize("packed", [gzip.compress, zlib.compress])
def test_a_compressed_envelope_stays_compressed(
    packed: Any, upstream: Upstream, registry: CollectorRegistry
) -> None:
    kind = "gzip" if packed is gzip.compress else "deflate"
    body = packed(envelope(upstream.dsn, BINARY))
    assert post(tunnel(upstream.dsn, registry), "/reports", body, [("content-encoding", kind)]).status == 200
    ((_, headers, arrived),) = upstream.requests
    assert (arrived, headers["content-encoding"]) == (body, kind)


@pytest.mark.parametrize(
    "change",
    [("127.0.0.1", "localhost"), ("/7", "/8"), ("public", "other"), ("http:", "https:"), ("/7", "/7/../8"),
     ("/7", "/a/7"), ("@", "@evil.example@"), ("/7", "/7?x=1"), ("/7", "/7#x"), ("/7", "/\u0667")],
)  # fmt: skip
def test_another_project_or_server_is_refused(
    change: tuple[str, str], upstream: Upstream, registry: CollectorRegistry
) -> None:
    named = upstream.dsn.replace(*change)
    assert post(tunnel(upstream.dsn, registry), "/reports", envelope(named)).status == 403
    assert upstream.requests == []
    assert results(registry, "web_error_reports_total") == {"foreign": 1}


@pytest.mark.parametrize(
    "body",
    [b"", b"\n", b"{}\n", b"[]\n", b"null", b"\xff\n", b'{"dsn":', b"[" * 9000, envelope(None), envelope(7),
     envelope(["x"]), b'{"dsn":"' + b"x" * 18_000 + b'"}\n'],
)  # fmt: skip
def test_what_is_no_envelope_is_refused(body: bytes, upstream: Upstream, registry: CollectorRegistry) -> None:
    assert post(tunnel(upstream.dsn, registry), "/reports", body).status == 400
    assert upstream.requests == []


@pytest.mark.parametrize("encoding", ["gzip", "br", "gzip, gzip", "identity"])
def test_a_wrong_encoding_is_refused(encoding: str, upstream: Upstream, registry: CollectorRegistry) -> None:
    headers = [("content-encoding", encoding)]
    assert post(tunnel(upstream.dsn, registry), "/reports", envelope(upstream.dsn), headers).status == 400
    assert upstream.requests == []


def test_size_is_limited_before_and_after_decompression(
    upstream: Upstream, registry: CollectorRegistry
) -> None:
    app, large = tunnel(upstream.dsn, registry), envelope(upstream.dsn, b"0" * 5_000_000)
    assert post(app, "/reports", large, [("content-length", str(len(large)))]).status == 413
    assert post(app, "/reports", large, part=1000).status == 413
    assert post(app, "/reports", gzip.compress(large), [("content-encoding", "gzip")]).status == 413
    assert upstream.requests == []


def test_an_address_that_sends_too_much_is_refused(upstream: Upstream, registry: CollectorRegistry) -> None:
    app = tunnel(upstream.dsn, registry, burst=2, per_address=0.001)
    statuses = [post(app, "/reports", envelope(upstream.dsn)).status for _ in range(4)]
    assert statuses == [200, 200, 429, 429]
    assert len(upstream.requests) == 2


def test_limits_of_the_server_reach_the_browser(upstream: Upstream, registry: CollectorRegistry) -> None:
    upstream.status = 429
    upstream.headers = {"Retry-After": "60", "X-Sentry-Rate-Limits": "60:error:org", "Set-Cookie": "a=1"}
    answer = post(tunnel(upstream.dsn, registry), "/reports", envelope(upstream.dsn))
    assert answer.status == 429
    assert (answer.headers["retry-after"], answer.headers["x-sentry-rate-limits"]) == ("60", "60:error:org")
    assert "set-cookie" not in answer.headers
    assert results(registry, "web_error_reports_total") == {"refused": 1}


def test_a_redirect_is_not_followed_and_not_passed_on(
    upstream: Upstream, registry: CollectorRegistry
) -> None:
    upstream.status, upstream.headers = 302, {"Location": f"http://127.0.0.1:{upstream.port}/elsewhere"}
    answer = post(tunnel(upstream.dsn, registry), "/reports", envelope(upstream.dsn))
    assert (answer.status, "location" in answer.headers) == (502, False)
    assert len(upstream.requests) == 1


def test_a_server_that_is_away_is_an_answer_and_no_error(registry: CollectorRegistry) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        dsn = f"http://public@127.0.0.1:{probe.getsockname()[1]}/7"
    assert post(tunnel(dsn, registry), "/reports", envelope(dsn)).status == 502
    assert results(registry, "web_error_reports_total") == {"unreachable": 1}


def test_a_server_that_is_silent_holds_nothing_for_long(
    registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sentry_tunnel, "_SECONDS", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        dsn = f"http://public@127.0.0.1:{silent.getsockname()[1]}/7"
        assert post(tunnel(dsn, registry), "/reports", envelope(dsn)).status == 502


def test_without_a_usable_dsn_there_is_no_route_and_the_log_has_no_key(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    app = Starlette()
    for name in ("VITE_SENTRY_DSN", "SENTRY_DSN"):
        monkeypatch.delenv(name, raising=False)
    with caplog.at_level(logging.WARNING, "backend_instrumentation"):
        assert not attach_tunnel(app)
        assert not attach_tunnel(app, dsn="https://k3y@host/no-project")
    assert "k3y" not in caplog.text
    assert post(app, "/reports", envelope("x")).status == 404
    monkeypatch.setenv("SENTRY_DSN", "https://b@host/1")
    monkeypatch.setenv("VITE_SENTRY_DSN", "https://a@host/2")
    assert attach_tunnel(app)


@pytest.mark.parametrize(
    ("dsn", "url"),
    [
        ("https://k@o1.ingest.sentry.io/42", "https://o1.ingest.sentry.io:443/api/42/envelope/"),
        (
            "https://k:secret@sentry.example.com/base/42",
            "https://sentry.example.com:443/base/api/42/envelope/",
        ),
        ("http://k@[::1]:9000/1", "http://[::1]:9000/api/1/envelope/"),
    ],
)
def test_the_address_is_made_of_the_dsn(dsn: str, url: str) -> None:
    assert address_of(dsn).envelopes == f"{url}?sentry_version=7&sentry_key=k"


@pytest.mark.parametrize(
    "dsn", ["", "x", "https://host/1", "https://k@host", "https://k@host/", "ftp://k@host/1", "https://k@host:x/1",
            "https://k k@host/1", "https://k@host/one", "https://k@/1", "https://[::1/1"],
)  # fmt: skip
def test_what_is_no_dsn_has_no_address(dsn: str) -> None:
    with pytest.raises(ValueError, match=r"^no DSN$"):
        address_of(dsn)


def test_each_result_has_its_series() -> None:
    assert set(REPORT_RESULTS) == {"forwarded", "refused", *sentry_tunnel._STATUS}
