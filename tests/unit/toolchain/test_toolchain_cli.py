"""`watchkeeper tools`: what it shows, what it builds, its exit codes."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest

from watchkeeper.cli import tools as command
from watchkeeper.toolchain import MODULES, tool_names

from .toolchain_support import fake_tool

REPORTS = {
    "prometheus": "prometheus, version 3.12.0",
    "promtool": "promtool, version 3.12.0",
    "alertmanager": "alertmanager, version 0.30.0",
    "amtool": "amtool, version 0.30.0",
    "jaeger": "git-version=v2.12.0",
}


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without Go whose PATH has every tool of the stack."""
    monkeypatch.setenv("WATCHKEEPER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}")
    monkeypatch.setattr("watchkeeper.toolchain.building.go._OFFICIAL", tmp_path / "none")
    for name, says in REPORTS.items():
        fake_tool(tmp_path / "bin" / name, says=says)
    return tmp_path / "bin"


def run(*flags: str) -> int:
    parser = argparse.ArgumentParser()
    command.configure(parser)
    return command.run(parser.parse_args(flags))


def test_with_every_tool_there_it_shows_them_builds_nothing_and_exits_0(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run()
    out, err = capsys.readouterr()
    rows = [line.split() for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert rows[0] == ["TOOL", "VERSION", "FROM", "PATH"]
    assert ["promtool", "3.12.0", "path", str(machine / "promtool")] in rows
    assert ["docker-compose", "-", "not", "built"] in [row[:4] for row in rows]


def test_check_exits_1_and_names_the_missing_tool_and_the_way_to_get_it(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (machine / "jaeger").unlink()
    code = run("--check")
    out, err = capsys.readouterr()
    assert (code, err) == (1, "")
    row = next(line for line in out.splitlines() if line.startswith("jaeger"))
    assert row.split(maxsplit=3) == [
        "jaeger",
        "-",
        "missing",
        "watchkeeper tools --only jaeger builds 2.13.0",
    ]


def test_a_tool_out_of_range_is_shown_with_the_reason_it_was_passed_over(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_tool(machine / "prometheus", says="prometheus, version 2.42.0+ds")
    code = run("--check")
    last = capsys.readouterr().out.splitlines()[-1]
    assert (code, last) == (
        1,
        f"prometheus: skipped {machine / 'prometheus'}: version 2.42.0 is outside >=3.11,<4",
    )


def test_a_missing_tool_that_cannot_be_built_is_one_clear_line_and_exit_2(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (machine / "amtool").unlink()
    code = run()
    out, err = capsys.readouterr()
    assert code == 2
    assert err == (
        "error: Go is not installed: Go 1.24.0 or newer is needed to build alertmanager "
        "(the official packages are on go.dev; on Debian: apt-get install golang-go)\n"
    )
    assert "promtool" in out


def test_an_unknown_name_is_one_clear_line_and_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    code = run("--only", "promtol")
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert err == f"error: no tool is called 'promtol'; the tools are: {', '.join(tool_names())}\n"


def test_only_shows_only_the_named_tools(capsys: pytest.CaptureFixture[str]) -> None:
    code = run("--only", "amtool", "--only", "jaeger")
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert (code, names) == (0, ["TOOL", "amtool", "jaeger"])


def test_json_has_every_tool_with_what_was_passed_over(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_tool(machine / "promtool", says="promtool, version 2.41.0")
    code = run("--check", "--format", "json")
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["tools"]}
    assert (code, sorted(rows)) == (1, tool_names())
    assert rows["amtool"] == {
        "name": "amtool",
        "version": "0.30.0",
        "origin": "path",
        "path": str(machine / "amtool"),
        "skipped": [],
    }
    assert rows["promtool"]["path"] is None
    assert rows["promtool"]["skipped"] == [
        {"path": str(machine / "promtool"), "reason": "version 2.41.0 is outside >=2.42"}
    ]


def test_export_puts_links_into_a_folder_and_renews_its_own(machine: Path, tmp_path: Path) -> None:
    folder = tmp_path / "links"
    folder.mkdir()
    (folder / "amtool").symlink_to(tmp_path / "gone")
    assert run("--export", str(folder)) == 0
    assert {link.name: link.readlink() for link in folder.iterdir()} == {
        name: machine / name for name in REPORTS
    }


def test_export_never_replaces_a_file_that_is_not_a_link(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "links" / "amtool"
    own.parent.mkdir()
    own.write_text("mine")
    code = run("--export", str(own.parent))
    assert (code, own.read_text()) == (2, "mine")
    assert capsys.readouterr().err.startswith(f"error: {own} is a regular file")


def test_export_onto_the_folder_of_the_tools_themselves_changes_nothing(machine: Path) -> None:
    assert run("--export", str(machine)) == 0
    assert not (machine / "amtool").is_symlink()


def test_the_command_module_brings_in_nothing_heavy() -> None:
    script = "import sys, watchkeeper.cli.tools; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    heavy = {"subprocess", "json", "yaml", "watchkeeper.verify"}
    assert heavy & set(done.stdout.split()) == set()


def test_every_pinned_module_has_an_image_and_a_path_in_it_for_each_binary() -> None:
    paths = [(module.image, binary.image_path) for module in MODULES for binary in module.binaries]
    assert [pair for pair in paths if not all(pair)] == []
