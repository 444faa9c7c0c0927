"""The package as its users meet it: silent to import, light, and typed."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
USERS_FILE = """
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.applications import Starlette
from starlette.types import Scope

from backend_instrumentation import (
    Instrumentation,
    Instruments,
    MetricsMiddleware,
    instrument,
    metrics_endpoint,
)


def report(scope: Scope, error: BaseException | None, handler: str, method: str, status: int) -> None:
    print(scope["path"], error, handler, method, status)


def exemplar() -> Mapping[str, str] | None:
    return {"trace_id": "0af7651916cd43dd8448eb211c80319c"}


app = Starlette()
handle: Instrumentation = instrument(app, config=None, registry=CollectorRegistry(), exclude=["/ping"])
orders: Counter = handle.instruments.counter("orders_total")
orders.labels(channel="web").inc()
duration: Histogram = handle.instruments.histogram("sandbox_execution_duration_seconds")
free: Gauge = handle.instruments.gauge("sandbox_pool_available")
handle.hooks.on_error.append(report)
handle.hooks.exemplar = exemplar
handle.closers.append(lambda: free.set(0))
handle.uninstrument()

alone = Instruments()
other = Starlette()
other.add_route("/metrics", metrics_endpoint(instruments=alone))
other.add_middleware(MetricsMiddleware, instruments=alone, exclude={"/internal/ping"})
"""


@pytest.mark.parametrize(
    "code",
    [
        "import backend_instrumentation",
        "from backend_instrumentation import *",
        "import backend_instrumentation; dir(backend_instrumentation); backend_instrumentation.instrument",
    ],
)
def test_importing_it_says_nothing(code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert (done.stdout, done.stderr) == ("", "")


def test_importing_it_loads_nothing_but_itself() -> None:
    code = "import sys, backend_instrumentation; print(*(name.partition('.')[0] for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    heavy = {"starlette", "fastapi", "prometheus_client", "anyio", "opentelemetry", "sentry_sdk", "psutil"}
    assert heavy & set(done.stdout.split()) == set()


def test_what_is_not_there_is_an_attribute_error() -> None:
    import backend_instrumentation

    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        backend_instrumentation.nothing  # noqa: B018


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy")


@pytest.mark.skipif(find_spec("mypy") is None, reason="mypy is not installed here")
@pytest.mark.parametrize(
    ("more", "complaint"),
    [("", None), ("\nhandle.hooks.exemplar = 7\n", 'variable has type "Callable')],
    ids=["right", "wrong"],
)
def test_a_users_file_passes_mypy_strict(
    tmp_path: Path, cache: Path, more: str, complaint: str | None
) -> None:
    (tmp_path / "user.py").write_text(USERS_FILE + more)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(cache), "user.py"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == (complaint is not None), done.stdout
    assert complaint is None or complaint in done.stdout
