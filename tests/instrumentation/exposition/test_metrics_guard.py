"""A token protects the metrics and nothing else; a token that cannot be read lets nobody in."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from backend_instrumentation import MetricsGuard, instrument, metrics_endpoint
from backend_instrumentation.config.settings import Settings

from ..asgi_driver import Answer, call

OURS = b"http_requests_in_progress"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text("first-token\n")
    return path


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def served(guard: Any, registry: CollectorRegistry, *routes: Route) -> Starlette:
    app = Starlette(routes=list(routes))
    instrument(app, registry=registry, config=Settings(), metrics_guard=guard)
    return app


def get(app: Starlette, path: str, header: str | None = None) -> Answer:
    return call(app, path, headers=() if header is None else [("authorization", header)])


def scraped(app: Starlette, header: str | None) -> int | None:
    return get(app, "/metrics", header).status


def test_only_a_valid_token_gets_the_metrics_and_the_health_stays_open(
    file: Path, registry: CollectorRegistry
) -> None:
    app = served(file, registry)
    refused = get(app, "/metrics")
    assert (refused.status, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert OURS not in refused.body
    answer = get(app, "/metrics", "bearer first-token")
    assert answer.status == 200
    assert OURS in answer.body
    assert get(app, "/health").status == 200


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic first-token", "first-token", "Bearer first-token x",
     "Bearer FIRST-TOKEN", "Bearer " + "x" * 20_000, "Bearer \xff"],
)  # fmt: skip
def test_anything_else_is_refused(header: str | None, file: Path, registry: CollectorRegistry) -> None:
    assert scraped(served(file, registry), header) == 401


def test_a_token_changes_without_a_restart_and_both_are_valid_meanwhile(
    file: Path, registry: CollectorRegistry
) -> None:
    app = served(str(file), registry)
    file.write_text("second-token\r\n\n  first-token  ")
    assert [scraped(app, f"Bearer {each}") for each in ("first-token", "second-token")] == [200, 200]
    file.write_text("second-token")
    assert [scraped(app, f"Bearer {each}") for each in ("first-token", "second-token")] == [401, 200]


def test_the_environment_has_the_token_or_its_file(
    file: Path, registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METRICS_TOKEN", "of-the-environment")
    app = served(True, registry)
    assert scraped(app, "Bearer of-the-environment") == 200
    monkeypatch.setenv("METRICS_TOKEN_FILE", str(file))
    assert scraped(app, "Bearer of-the-environment") == 401
    assert scraped(app, "Bearer first-token") == 200


@pytest.mark.parametrize("content", [None, "", " \n\t\n"])
def test_without_a_token_nobody_is_let_in_and_one_warning_says_so(
    content: str | None, file: Path, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    file.unlink()
    if content is not None:
        file.write_text(content)
    with caplog.at_level(logging.WARNING, "backend_instrumentation"):
        app = served(file, registry)
        assert scraped(app, "Bearer ") == 401
    assert [record.message for record in caplog.records if "no token" in record.message] == [
        "metrics_guard: there is no token yet, so every scrape is refused with 401"
    ]
    assert scraped(app, "Bearer first-token") == 401
    file.write_text("first-token")
    assert scraped(app, "Bearer first-token") == 200


@pytest.mark.parametrize("given", [5, "", b"/run/token", [], MetricsGuard(Path(os.devnull))])
def test_an_option_that_cannot_be_used_protects_more_and_not_less(
    given: object, registry: CollectorRegistry
) -> None:
    assert scraped(served(given, registry), "Bearer ") == 401


@pytest.mark.parametrize("given", [None, False])
def test_without_the_option_the_metrics_are_open(given: object, registry: CollectorRegistry) -> None:
    assert scraped(served(given, registry), None) == 200


def test_an_endpoint_of_its_own_takes_the_guard_too(file: Path, registry: CollectorRegistry) -> None:
    endpoint = metrics_endpoint(registry=registry, guard=MetricsGuard(file))
    app = Starlette(routes=[Route("/internal/metrics", endpoint)])
    assert get(app, "/internal/metrics").status == 401
    assert get(app, "/internal/metrics", "Bearer first-token").status == 200


def test_a_warning_says_that_the_application_itself_answers_unprotected(
    file: Path, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    async def own(_: Request) -> Response:
        return PlainTextResponse("own")

    app = served(file, registry, Route("/metrics", own))
    with caplog.at_level(logging.WARNING, "backend_instrumentation"):
        assert get(app, "/metrics").body == b"own"
    assert "metrics_guard does not protect it" in caplog.text


def test_neither_the_log_nor_the_answer_repeats_a_token(
    file: Path, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    app = served(file, registry)
    file.chmod(0o000)
    file.unlink()
    answer = get(app, "/metrics", "Bearer first-token")
    assert answer.status == 401
    assert "first-token" not in caplog.text + str(answer.headers) + answer.body.decode()
