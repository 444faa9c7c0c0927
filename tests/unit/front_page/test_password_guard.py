"""A page behind passwords: who is let in, and that users who are added or removed need no restart."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from watchkeeper.front_page.password_guard import PasswordGuard
from watchkeeper.secret_files import access_users


def _basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.fixture
def users(tmp_path: Path) -> Path:
    file = tmp_path / "users"
    _write(file, alice="wonderland")
    return file


def _write(file: Path, **passwords: str) -> None:
    before = file.stat().st_mtime_ns if file.exists() else 0
    file.write_text("".join(f"{name}:{access_users.hash_of(one)}\n" for name, one in passwords.items()))
    # Two writes may be within one tick of the file system's clock.
    os.utime(file, ns=(before + 1_000_000, before + 1_000_000))


@pytest.fixture
def client(users: Path) -> TestClient:
    async def answer(_: object) -> PlainTextResponse:
        return PlainTextResponse("in")

    app = Starlette(routes=[Route("/", answer), Route("/health", answer), Route("/runbooks/a.md", answer)])
    return TestClient(PasswordGuard(app, users))


def _status(client: TestClient, header: str | None) -> int:
    answer = client.get("/", headers={"Authorization": header} if header is not None else {})
    return int(answer.status_code)


def test_only_a_user_with_the_password_is_let_in(client: TestClient) -> None:
    assert _status(client, _basic("alice:wonderland")) == 200
    assert _status(client, _basic("alice:wonderland")) == 200
    assert client.get("/runbooks/a.md").status_code == 401
    refused = client.get("/")
    assert refused.headers["WWW-Authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic !!!",
        "Bearer wonderland",
        _basic("alice"),
        _basic("alice:"),
        _basic("alice:wonderland2"),
        _basic("bob:wonderland"),
        _basic(":wonderland"),
        _basic("alice:" + "x" * 5000),
        _basic("alice:\0"),
        "Basic /////w==",
        _basic("alice:wonderland")[:-1],
    ],
)
def test_everything_else_is_refused(client: TestClient, header: str | None) -> None:
    assert _status(client, header) == 401


def test_health_is_open_and_nothing_like_it(client: TestClient) -> None:
    assert client.get("/health").status_code == 200
    assert client.get("/health/").status_code == 401
    assert client.get("//health").status_code == 401


def test_users_change_without_a_restart(client: TestClient, users: Path) -> None:
    assert _status(client, _basic("alice:wonderland")) == 200
    _write(users, alice="looking-glass", bob="builder-one")
    assert _status(client, _basic("alice:wonderland")) == 401, "its password was remembered"
    assert _status(client, _basic("alice:looking-glass")) == 200
    assert _status(client, _basic("bob:builder-one")) == 200
    users.unlink()
    assert _status(client, _basic("bob:builder-one")) == 401


def test_a_password_is_compared_once_only(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    def counted(password: str, hashed: str) -> bool:
        compared.append(password)
        return access_users.fits(password, hashed)

    monkeypatch.setattr("watchkeeper.front_page.password_guard.fits", counted)
    for _ in range(3):
        assert _status(client, _basic("alice:wonderland")) == 200
    assert compared == ["wonderland"]
    # A name that nobody has takes as long as a wrong password.
    assert _status(client, _basic("bob:wonderland")) == 401
    assert compared == ["wonderland"] * 2
