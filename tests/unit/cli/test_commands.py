"""The commands as a user meets them: exit codes, words, and nothing slow or ugly."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from watchkeeper import __version__
from watchkeeper.cli import COMMANDS, main

SPEC = Path("monitoring/SLO_DEFINITIONS.yml")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_init_render_check_is_a_circle(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--service", "checkout"]) == 0
    assert main(["render"]) == 0
    assert main(["check"]) == 0
    assert "every file matches the spec" in capsys.readouterr().out
    assert (folder / "docker-compose.monitoring.yml").is_file()


def test_the_spec_of_init_is_ten_to_twenty_lines_and_says_what_it_means(folder: Path) -> None:
    main(["init"])
    text = SPEC.read_text()
    assert len(text.splitlines()) <= 20
    assert "service: my-service" in text


def test_init_never_overwrites(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init"])
    SPEC.write_text("mine")
    assert main(["init"]) == 2
    assert SPEC.read_text() == "mine"
    assert "already exists" in capsys.readouterr().err


def test_init_refuses_a_name_that_render_would_refuse(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "--service", "Check Out"]) == 2
    assert "lower-case" in capsys.readouterr().err
    assert not SPEC.exists()


def test_a_second_render_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init"])
    main(["render"])
    capsys.readouterr()
    assert main(["render", "--format", "json"]) == 0
    outcome = json.loads(capsys.readouterr().out)
    assert (outcome["written"], outcome["deleted"]) == ([], [])
    assert outcome["unchanged"] > 10


def test_check_shows_a_diff_after_an_edit_and_writes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["init"])
    main(["render"])
    SPEC.write_text(SPEC.read_text().replace("above: 5%", "above: 7%"))
    rules = Path("monitoring/prometheus/alerts/my-service.yml")
    before = rules.read_bytes()
    capsys.readouterr()
    assert main(["check"]) == 1
    out = capsys.readouterr().out
    assert ") > 0.07" in out
    assert any(line.startswith("-") and ") > 0.05" in line for line in out.splitlines())
    assert rules.read_bytes() == before
    assert main(["render"]) == 0
    assert main(["check"]) == 0


def test_a_broken_spec_leaves_yesterdays_files(folder: Path) -> None:
    main(["init"])
    main(["render"])
    before = {
        path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != SPEC.name
    }
    SPEC.write_text(SPEC.read_text().replace("99.5%", "100%"))
    assert main(["render"]) == 2
    assert {
        path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != SPEC.name
    } == before


def test_a_key_without_output_is_said_at_its_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("spec.yml").write_text("version: watchkeeper/v1\nservice: a\nstack: {web_config_file: web.yml}\n")
    main(["render", "spec.yml", "--out", "a"])
    err = capsys.readouterr().err
    assert "spec.yml:3:9: note: `web_config_file`" in err


def test_strict_refuses_what_is_only_a_warning(folder: Path) -> None:
    Path("spec.yml").write_text("version: watchkeeper/v1\nservice: a\nalerts: [{preset: service_down}]\n")
    assert main(["render", "spec.yml", "--out", "a"]) == 0
    assert main(["render", "spec.yml", "--out", "b", "--strict"]) == 2
    assert not Path("b").exists()


def test_the_schema_is_json_that_describes_every_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    bare: list[str] = []

    def look(part: dict[str, object], path: str) -> None:
        for name, value in part.get("properties", {}).items():  # type: ignore[attr-defined]
            if not ({"description", "$ref"} & value.keys() or value.get("type") in ("object", "array")):
                bare.append(f"{path}.{name}")
            look(value, f"{path}.{name}")

    look(schema, "")
    for name, part in schema["$defs"].items():
        look(part, name)
    assert bare == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    out = capsys.readouterr().out
    assert f"watchkeeper {command}" in out.split("examples:")[1]


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from watchkeeper.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print(sorted(sys.modules), file=sys.stderr)"
    )
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    for heavy in (
        "yaml",
        "jsonschema",
        "jinja2",
        "promql_parser",
        "supervisor",
        "starlette",
        "asyncio",
        "watchkeeper.spec",
    ):
        assert f"'{heavy}'" not in outcome.stderr, heavy


def test_no_command_is_unusable_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "start here:" in capsys.readouterr().out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert __version__ in capsys.readouterr().out


def test_a_bug_of_ours_is_one_line_and_a_log(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["init"])
    monkeypatch.setattr("watchkeeper.pipeline.make_plan", lambda *_, **__: 1 / 0)
    assert main(["render"]) == 3
    err = capsys.readouterr().err
    assert "Traceback" not in err
    log = Path(err.split("please report it and attach ")[1].strip())
    assert "ZeroDivisionError" in log.read_text()
    log.unlink()


def test_a_reader_that_leaves_early_is_no_error(folder: Path) -> None:
    outcome = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {sys.executable} -m watchkeeper schema | head -1"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (outcome.stdout, outcome.stderr) == ("{\n", "")
