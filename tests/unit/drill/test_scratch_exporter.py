"""The demo's stand-in answers scrapes at its address, and leaves the address free."""

from __future__ import annotations

import socket

import pytest

from watchkeeper.drill.every.scratch_exporter import scratch_exporter
from watchkeeper.local_http import NoAnswer, get


def test_it_answers_until_the_end_of_the_block_and_frees_the_port() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    for _ in range(2):
        with scratch_exporter(address, "up_here 1\n"):
            assert get(f"{address}/metrics") == b"up_here 1\n"
        with pytest.raises(NoAnswer):
            get(f"{address}/metrics")
