"""The sinks as a process: what stops them, and what keeps them from starting."""

from __future__ import annotations

import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.unit.sinks.running_sinks import COMMAND, ENVIRONMENT, running_sinks
from watchkeeper.sinks.address import Address, bind


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_sinks_cleanly_whatever_is_in_flight(tmp_path: Path, number: int) -> None:
    with running_sinks(tmp_path, "--slow-seconds", "3600") as sinks:
        sinks.client.set_mode({"slack": "slow"})
        waiting, half, mail = (connect(address) for address in (sinks.http, sinks.http, sinks.smtp))
        waiting.sendall(b"POST /slack/x HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\n" + b'{"text":"a"}')
        half.sendall(b"POST /slack/x HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{")
        mail.sendall(b"EHLO x\r\nMAIL FROM:<a@example.org>\r\n")
        assert mail.recv(3) == b"220"
        sinks.client.health()
        sinks.process.send_signal(number)
        assert sinks.process.wait(timeout=10) == 0
        assert sinks.stderr.read_text() == ""
        for connection in (waiting, half, mail):
            connection.close()


@pytest.mark.parametrize("option", ["--http", "--smtp"])
def test_a_busy_port_is_one_clear_line_and_exit_code_2(tmp_path: Path, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        busy = f"127.0.0.1:{holder.getsockname()[1]}"
        ended = start(tmp_path, **{option: busy})
    said = f"sinks: {busy} is already in use: stop the process that listens there, or choose another port with {option}\n"
    assert (2, "", said) == (ended.returncode, ended.stdout, ended.stderr)
    assert not (tmp_path / "journal").exists()


def test_an_answer_does_not_wait_for_more_to_send() -> None:
    with bind(Address("127.0.0.1", 0), option="--http") as listener:
        client = socket.create_connection(listener.getsockname())
        accepted, _ = listener.accept()
        with client, accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.1:http", "127.0.0.1:99999", ":9199", "host:²"])
def test_an_address_that_is_none_is_refused(tmp_path: Path, address: str) -> None:
    ended = start(tmp_path, **{"--http": address})
    assert ended.returncode == 2
    assert f"{address!r} is not an address: write HOST:PORT, such as 127.0.0.1:9199" in ended.stderr


@pytest.mark.parametrize("seconds", ["soon", "-1", "nan"])
def test_a_delay_that_is_none_is_refused(tmp_path: Path, seconds: str) -> None:
    ended = start(tmp_path, **{"--slow-seconds": seconds})
    assert ended.returncode == 2
    assert "--slow-seconds" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_journal_that_cannot_be_written_is_one_clear_line_and_exit_code_2(tmp_path: Path) -> None:
    ended = start(tmp_path, **{"--journal": str(tmp_path)})
    said = f"sinks: cannot write the journal {tmp_path}: Is a directory\n"
    assert (2, said) == (ended.returncode, ended.stderr)


def connect(address: str) -> socket.socket:
    host, port = address.split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def start(folder: Path, **changed: str) -> subprocess.CompletedProcess[str]:
    options = {
        "--http": "127.0.0.1:0",
        "--smtp": "127.0.0.1:0",
        "--journal": str(folder / "journal"),
        **changed,
    }
    arguments = [part for option in options.items() for part in option]
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=30, env=ENVIRONMENT, check=False
    )
