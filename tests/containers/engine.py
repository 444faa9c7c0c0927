"""The Docker engine that the tests use, or the reason why there is none."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NoReturn

import docker
import pytest
from docker.errors import DockerException


def required(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether a missing engine is a failure here, as it is where one was started for the tests."""
    return environment.get("WATCHKEEPER_REQUIRE_DOCKER") == "1"


def connect(*, require: bool, timeout: int = 300) -> docker.DockerClient:
    """Return a client of an engine that answers; without one, fail the test when `require`, else skip it."""
    try:
        client = docker.from_env(timeout=timeout)
        client.ping()
    except DockerException as error:
        give_up(f"no Docker engine answers ({error}); .ci/run starts one", require=require)
    return client


def give_up(reason: str, *, require: bool) -> NoReturn:
    """Fail the test when containers are required here, else skip it; the reason is shown either way."""
    if require:
        pytest.fail(reason)
    pytest.skip(reason)
