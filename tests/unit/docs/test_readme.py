"""The README tells nothing that is not so: its spec renders, its errors are ours, its commands and links exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.loading import load_spec
from watchkeeper.cli import COMMANDS, main
from watchkeeper.cli.text.up_text import summary
from watchkeeper.plan.planner import make_plan
from watchkeeper.stack.bring_up import UpResult
from watchkeeper.stack.view.endpoints import endpoints
from watchkeeper.stack.view.ready import Findings

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_spec_has_ten_lines_and_renders_what_the_tools_accept(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    promtool: str,
    amtool: str,
    jaeger: str,
) -> None:
    spec, _ = _blocks("yaml")
    assert len(spec.splitlines()) == 10
    monkeypatch.chdir(tmp_path)
    Path("monitoring").mkdir()
    Path("monitoring/SLO_DEFINITIONS.yml").write_text(spec)
    assert main(["render"]) == 0
    assert main(["verify"]) == 0
    assert "failed" not in capsys.readouterr().out


def test_the_first_screen_has_the_two_commands_a_transcript_and_the_ten_line_spec() -> None:
    """Readers who scroll no further than this know what it is and what to type; the drill comes after the two."""
    screen = "\n".join(README.splitlines()[:50])
    assert _blocks("console")[0] == "$ make up\n$ make test\n"
    assert f"```yaml\n{_blocks('yaml')[0]}```" in screen
    assert f"```console\n{_blocks('console')[1]}```" in screen
    assert screen.index("make test") < screen.index("make drill") < screen.index("```yaml")


def test_the_mistakes_are_told_in_the_readmes_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec, _ = _blocks("yaml")
    (shown,) = [block for block in _blocks("console") if "[WK105]" in block]
    monkeypatch.chdir(tmp_path)
    Path("monitoring").mkdir()
    wrong = spec.replace("for: 2m", "for: 2 minutes").replace("warning: [slack]", "warning: [slak]")
    Path("monitoring/SLO_DEFINITIONS.yml").write_text(wrong)
    assert main(["render"]) == 2
    assert shown == "$ watchkeeper render\n" + capsys.readouterr().err


def test_the_objectives_are_explained_in_the_readmes_words(capsys: pytest.CaptureFixture[str]) -> None:
    (shown,) = [block for block in _blocks("console") if block.startswith("$ watchkeeper explain")]
    command, *lines = shown.splitlines()
    main([*command.split()[2:], "--spec", str(ROOT / "monitoring/SLO_DEFINITIONS.yml")])
    told = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines == told[: len(lines)]


def test_the_objectives_that_are_shown_render(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec, objectives = _blocks("yaml")
    (tmp_path / "spec.yml").write_text(f"{spec}{objectives}")
    assert main(["render", str(tmp_path / "spec.yml"), "--strict"]) == 0


def test_every_command_and_make_target_that_is_named_exists() -> None:
    named = set(re.findall(r"watchkeeper ([a-z]+)`", README)) | set(
        re.findall(r"^\$ watchkeeper ([a-z]+)", README, re.MULTILINE)
    )
    assert named - COMMANDS.keys() == set()
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:^\$ |`)make ([a-z]+)", README, re.MULTILINE)) - targets == set()


def test_every_link_leads_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if not link.startswith("http")]
    # Places within a page are compared by the tests of pages.
    assert [link for link in links if not (ROOT / link.partition("#")[0]).exists()] == []


def test_the_readmes_service_runs_and_shows_its_metrics() -> None:
    from starlette.testclient import TestClient

    from backend_instrumentation import instrument

    (program,) = _blocks("python")
    names: dict[str, Any] = {}
    exec(program, names)
    with TestClient(names["app"]) as client:
        assert "http_requests_total" in client.get("/metrics").text
    instrument(names["app"]).uninstrument()  # the default registry is that of other tests too


def test_the_transcript_of_up_is_what_up_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHKEEPER_CALLED_BY", "make")
    (shown,) = [block for block in _blocks("console") if "The stack is up" in block]
    transcript = shown.split("\n\n$ make drill")[0]
    spec, _ = load_spec(ROOT / "monitoring" / "SLO_DEFINITIONS.yml")
    at = endpoints(make_plan(spec, source=""), mode="native", sinks=True, front_page=True)
    remarks = tuple(line.strip() for line in transcript.split("\n\n")[2].splitlines())
    outcome = UpResult("native", at, True, (), remarks, Findings())
    said = summary(outcome, spec, seconds=17, paint=lambda text, *_: text)
    assert transcript == f"$ make up\n{said}"
