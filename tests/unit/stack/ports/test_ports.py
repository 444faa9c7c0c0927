"""Busy ports are all named before anything starts, with the process that holds each."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.loading import load_plan
from watchkeeper.model.stack import Ports
from watchkeeper.stack.ports.free_ports import free_ports
from watchkeeper.stack.ports.wanted_ports import WantedPort, native_ports, require_free
from watchkeeper.stack.stack_error import StackError

SERVER = """
import socket, sys
server = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
server.bind((sys.argv[1], 0))
server.listen()
print(server.getsockname()[1], flush=True)
sys.stdin.read()
"""


@contextmanager
def listening(address: str, **environment: str) -> Iterator[tuple[int, int]]:
    """Run another process that listens on a port of its choice; give the port and the pid."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **environment},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline()), process.pid
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


def refusal(*wanted: WantedPort) -> str:
    with pytest.raises(StackError) as caught:
        require_free(wanted)
    return str(caught.value)


def test_the_holder_of_a_busy_port_is_named_by_pid_and_command() -> None:
    with listening("127.0.0.1") as (port, pid):
        line = refusal(WantedPort(port, "Prometheus")).splitlines()[0]
    assert line.startswith(f"port {port} (Prometheus) is taken by pid {pid}: {sys.executable} -c ")
    assert len(line) < 200


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
def test_who_listens_on_every_address_holds_the_port_too(address: str) -> None:
    with listening(address) as (port, pid):
        assert f"pid {pid}:" in refusal(WantedPort(port, "Jaeger"))


def test_all_busy_ports_are_told_at_once_and_free_ones_are_not() -> None:
    with listening("127.0.0.1") as (one, _), listening("127.0.0.1") as (two, _):
        free = free_ports().demo
        lines = refusal(WantedPort(one, "A"), WantedPort(free, "B"), WantedPort(two, "C")).splitlines()
    assert [line.split(" is taken")[0] for line in lines[:-1]] == [f"port {one} (A)", f"port {two} (C)"]
    assert lines[-1].startswith("nothing was started")


def test_a_holder_that_belongs_to_another_stack_is_told_with_its_folder() -> None:
    with listening("127.0.0.1", WATCHKEEPER_STACK="/srv/other/.watchkeeper") as (port, _):
        assert ", part of the stack in /srv/other/.watchkeeper" in refusal(WantedPort(port, "Prometheus"))


def test_a_port_whose_connections_have_just_ended_is_free() -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            accepted, _ = server.accept()
            # The side that closes first keeps the port in TIME_WAIT.
            accepted.close()
    require_free([WantedPort(port, "Prometheus")])


def test_a_holder_that_this_user_may_not_look_at_is_said_to_be_another_users(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can become another user to ask as one")
    program = (
        "import os, sys; os.setgid(65534); os.setuid(65534)\n"
        "from watchkeeper.stack.stack_error import StackError\n"
        "from watchkeeper.stack.ports.wanted_ports import WantedPort, require_free\n"
        "try: require_free([WantedPort(int(sys.argv[1]), 'Prometheus'), WantedPort(80, 'demo')])\n"
        "except StackError as error: print(error)\n"
    )
    with listening("127.0.0.1") as (port, _):
        # Imported before the rights are given up: the interpreter may lie in root's home.
        preload = "import watchkeeper.stack.ports.wanted_ports, watchkeeper.stack.stack_error\n"
        asked = [sys.executable, "-c", preload + program, str(port)]
        said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    assert f"port {port} (Prometheus) is taken by another user's process" in said


def test_the_demo_and_the_sinks_want_ports_only_where_they_run(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yml"
    spec.write_text("version: watchkeeper/v1\nservice: checkout\n")
    without = {each.port for each in native_ports(load_plan(spec), sinks=False, front_page=False)}
    spec.write_text("version: watchkeeper/v1\nservice: checkout\nstack: {demo: checkout}\n")
    both = {each.port for each in native_ports(load_plan(spec), sinks=True)}
    assert both - without == {8000, 9199, 1025, 9190}
    assert {9090, 9093, 16686, 16685, 16684, 16683, 4317, 4318, 13133, 8888, 8889} == without


def numbers_of(ports: Ports) -> list[int]:
    return [*asdict(ports).values(), *ports.below_jaeger]


def test_free_ports_are_distinct_and_include_jaegers_lesser_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = sorted(numbers_of(free_ports()))
    assert len(set(numbers)) == len(numbers)
    require_free(WantedPort(number, "anything") for number in numbers)
    # Where just as many ports are allowed, these are used, and none beside them that nobody has probed.
    monkeypatch.setattr("watchkeeper.stack.ports.free_ports._LOWEST", numbers[0])
    monkeypatch.setattr("watchkeeper.stack.ports.free_ports._HIGHEST", numbers[-1] + 2)
    assert sorted(numbers_of(free_ports())) == numbers


def test_without_enough_free_ports_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = sorted(numbers_of(free_ports()))
    monkeypatch.setattr("watchkeeper.stack.ports.free_ports._LOWEST", numbers[0])
    monkeypatch.setattr("watchkeeper.stack.ports.free_ports._HIGHEST", numbers[-1] + 2)
    with socket.create_server(("127.0.0.1", numbers[5])), pytest.raises(OSError, match="consecutive ports"):
        free_ports()
