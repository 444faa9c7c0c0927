"""What the command says before it asks any server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from watchkeeper.cli import main


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_without_a_stack_or_an_address_it_says_where_to_get_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report"]) == 2
    assert (
        "no stack is running here; start one with watchkeeper up, or name a --prometheus"
        in capsys.readouterr().err
    )


def test_all_problems_are_reported_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--month", "october", "--prometheus", "nowhere", "--out", "missing/x.html"]
    assert main(["report", *words]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[1] for line in lines] == ["--month", "--prometheus", "--out"]


def test_a_named_spec_must_be_readable(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "none.yml", "--prometheus", "http://127.0.0.1:1"]) == 2
    assert "none.yml:1:1: error: cannot be read" in capsys.readouterr().err


def test_the_engine_for_pages_is_imported_for_pages_only() -> None:
    program = (
        "import sys; from watchkeeper.cli import main\n"
        "main(['report', '--prometheus', 'http://127.0.0.1:1'])\n"
        "print('jinja2' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
