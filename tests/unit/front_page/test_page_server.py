"""The server as a process: which names and methods it answers, how fast, and what it does without a readable spec."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from tests.unit.overview.answers import server
from watchkeeper.local_http import Answer, request

BUNDLED = Path(__file__).parents[3] / "monitoring" / "SLO_DEFINITIONS.yml"


@contextmanager
def front_page(*options: str) -> Iterator[str]:
    command = [sys.executable, "-m", "watchkeeper.front_page", "--http=127.0.0.1:0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def hanging(_: str, __: dict[str, str]) -> tuple[int, Any]:
    time.sleep(8)
    return 500, {}


@pytest.fixture(scope="module")
def at() -> Iterator[str]:
    """Give the address of a page of the bundled spec whose Prometheus hangs."""
    with (
        server(hanging) as prometheus,
        front_page(f"--prometheus={prometheus}", f"--spec={BUNDLED}", "--link=Jaeger=http:16686") as url,
    ):
        yield url


def fetched(url: str, host: str) -> tuple[int, Message, str]:
    try:
        answer = urllib.request.urlopen(urllib.request.Request(url, headers={"Host": host}), timeout=10)
    except HTTPError as error:
        return error.code, error.headers, error.read().decode()
    return answer.status, answer.headers, answer.read().decode()


def test_it_answers_within_a_second_whatever_the_servers_do(at: str) -> None:
    start = time.monotonic()
    answer = request(f"{at}/")
    # It waits 0.7 s; the rest is for a busy machine.
    assert time.monotonic() - start < 4
    assert answer.status == 200
    assert b"have not answered yet" in answer.body


def test_only_names_of_this_machine_are_answered(at: str) -> None:
    port = at.rpartition(":")[2]
    status, headers, text = fetched(at, f"localhost:{port}")
    assert status == 200
    # Links lead to the name by which the reader came.
    assert 'href="http://localhost:16686"' in text
    assert headers["X-Frame-Options"] == "DENY" and "connect-src 'self'" in headers["Content-Security-Policy"]
    assert not any(name.lower().startswith("access-control") for name in headers)
    for name in ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example"):
        assert fetched(at, name)[0] == 400, name


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_changed(at: str, method: str) -> None:
    for path in ("/", "/report", "/runbooks/", "/health"):
        assert request(f"{at}{path}", method=method).status == 405


def test_runbooks_are_served_as_any_web_server_would(at: str) -> None:
    status, _, text = fetched(f"{at}/runbooks/helloagents/ServiceDown.md", at.removeprefix("http://"))
    assert status == 200 and "<h1>" in text and "ServiceDown" in text
    index = request(f"{at}/runbooks/").body.decode()
    assert 'href="helloagents/ServiceDown.md/index.html"' in index
    assert 'href="watchkeeper/PrometheusRuleFailures.md/index.html"' in index
    assert request(f"{at}/runbooks/helloagents/ServiceDown.md/index.html").status == 200
    assert request(f"{at}/runbooks").status == 308
    for path in (
        "helloagents/None.md",
        "../SLO_DEFINITIONS.yml",
        "%2e%2e/SLO_DEFINITIONS.yml",
        "//etc/passwd",
    ):
        assert request(f"{at}/runbooks/{path}").status == 404, path


def test_a_spec_with_errors_leaves_the_runbooks_as_text(tmp_path: Path) -> None:
    folder = tmp_path / "monitoring"
    (folder / "runbooks/shop").mkdir(parents=True)
    (folder / "runbooks/shop/Down.md").write_text("# Down <script>")
    (folder / "runbooks/README.md").write_text("# Runbooks")
    (folder / "SLO_DEFINITIONS.yml").write_text("version: watchkeeper/v1\nservice: [")
    with front_page(f"--spec={folder}/SLO_DEFINITIONS.yml", "--prometheus=http://127.0.0.1:9") as url:
        answer = urllib.request.urlopen(f"{url}/runbooks/shop/Down.md")
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.read() == b"# Down <script>"
        assert request(f"{url}/runbooks/").body == b"# Runbooks"
        assert b"The spec cannot be read (" in _soon(url, b"nothing listens").body


def _soon(url: str, expected: bytes) -> Answer:
    deadline = time.monotonic() + 10
    while expected not in (found := request(f"{url}/")).body:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def test_a_report_that_cannot_be_read_says_why() -> None:
    with front_page("--prometheus=http://127.0.0.1:9") as url:
        answer = request(f"{url}/report", seconds=20)
        assert (answer.status, answer.body) == (503, b"There is no report: nothing listens\n")
        assert b"nothing listens" in request(f"{url}/").body


def test_a_port_that_is_taken_is_one_line_and_code_2(at: str) -> None:
    address = at.removeprefix("http://")
    done = subprocess.run(
        [sys.executable, "-m", "watchkeeper.front_page", f"--http={address}"], capture_output=True, text=True
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"front page: {address} is already in use: stop the process that listens there")
