"""A machine without an engine: the tests say so, and where an engine is required they fail."""

from __future__ import annotations

import pytest

from .engine import connect, required


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Point the client at a socket that is not there."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")


def test_without_an_engine_the_tests_are_skipped_with_the_reason() -> None:
    with pytest.raises(pytest.skip.Exception, match="no Docker engine answers"):
        connect(require=False)


def test_without_an_engine_that_is_required_the_tests_fail() -> None:
    with pytest.raises(pytest.fail.Exception, match="no Docker engine answers"):
        connect(require=True)


def test_only_the_variable_that_says_so_requires_an_engine() -> None:
    assert required({"WATCHKEEPER_REQUIRE_DOCKER": "1"}) is True
    assert required({"WATCHKEEPER_REQUIRE_DOCKER": "0"}) is False
    assert required({}) is False
