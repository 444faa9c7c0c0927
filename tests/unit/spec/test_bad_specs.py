"""A wrong spec gives its code at its place, exit code 2, no traceback, and nothing written."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.unit.spec.bad_specs import BAD_SPECS, BadSpec
from watchkeeper.cli import main
from watchkeeper.spec.formats import secret_path


def _problems(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err + captured.out
    problems: list[dict[str, object]] = json.loads(captured.out)["problems"]
    return problems


def _untouched(folder: Path, *given: str) -> bool:
    return sorted(path.name for path in folder.rglob("*") if path.is_file()) == sorted(given)


@pytest.mark.parametrize("bad", BAD_SPECS, ids=lambda bad: bad.title)
def test_a_wrong_spec_is_refused_at_the_right_place(
    bad: BadSpec, tmp_path: Path, capsys: pytest.CaptureFixture[str], needs_promtool_for_columns: None
) -> None:
    spec = tmp_path / "spec.yml"
    spec.write_text(bad.clean, encoding="utf-8")

    assert main(["render", str(spec), "--format", "json"]) == 2

    problems = _problems(capsys)
    found = [p for p in problems if p["code"] == bad.code]
    assert [(p["line"], p["column"]) for p in found][:1] == [bad.position], problems
    assert bad.word in f"{found[0]['message']} {found[0]['remedy']}"
    assert [p for p in problems if p["level"] == "error" and p["code"] != bad.code] == []
    assert _untouched(tmp_path, "spec.yml")


_NAMED = """\
version: watchkeeper/v1
services:
  - service: NAME
    signals: [http]
    slos:
      - {name: NAME, objective: 99%, sli: {availability: http}}
    alerts:
      - {name: NAME, expr: "up < 1"}
maintenance:
  - {name: NAME, from: "2026-12-01 01:00", to: "2026-12-01 02:00", reason: r, author: a}
notify:
  receivers:
    NAME: {type: webhook, url_file: s/u}
  routes: {critical: [NAME]}
"""
_ODD = {
    "quotes": 'say "hi" it\'s',
    "a dollar": "a$b",
    "braces": "{{ x }}",
    "a slash": "a/b",
    "a folder above": "..",
    "long": "x" * 300,
    "an emoji": "\U0001f525shop",
    "right to left": "\u05e9\u05dc\u05d5\u05dd",
    "a turned direction": "a\u202eb",
    "a line break": "a\nb",
    "nothing": "",
}


@pytest.mark.parametrize("name", _ODD.values(), ids=_ODD)
def test_an_odd_name_is_refused_wherever_it_is_on_one_short_line_each(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names are in file names, series and addresses; texts of people may be odd, names may not."""
    spec = tmp_path / "spec.yml"
    spec.write_text(_NAMED.replace("NAME", json.dumps(name, ensure_ascii=False)), encoding="utf-8")
    assert main(["render", str(spec)]) == 2
    *lines, count = capsys.readouterr().err.splitlines()
    assert count == "6 errors"
    assert [int(line.removeprefix(f"{spec}:").partition(":")[0]) for line in lines] == [3, 6, 8, 10, 13, 14]
    for line in lines:
        assert line.endswith("[WK107]")
        assert len(line.removeprefix(str(spec))) < 220, line
        assert line.isprintable(), line
    assert _untouched(tmp_path, "spec.yml")


def test_every_title_names_one_case() -> None:
    assert len(BAD_SPECS) >= 40
    assert len({bad.title for bad in BAD_SPECS}) == len(BAD_SPECS)


def test_all_problems_of_a_file_come_at_once_in_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "spec.yml"
    spec.write_text(
        "version: watchkeeper/v1\nservice: Checkout\nteem: a\nslos:\n"
        "  - {name: a, objective: 0.999, sli: {availability: http}}\n"
        "alerts:\n  - {preset: error_ratio, above: 5 %, for: 5x}\n  - {name: B, expr: 'sum('}\n"
    )
    assert main(["render", str(spec), "--format", "json"]) == 2
    found = [(p["line"], p["code"]) for p in _problems(capsys) if p["level"] == "error"]
    assert found == [(2, "WK107"), (3, "WK101"), (5, "WK201"), (7, "WK105"), (8, "WK205")]


def test_one_broken_key_hides_no_other_problem_of_its_alert(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "spec.yml"
    spec.write_text(
        "version: watchkeeper/v1\nservice: a\nalerts:\n"
        "  - {preset: error_ratio, above: 0.05, severty: critical}\n"
        "  - {preset: gauge_above, metric: nonexist, above: 1, for: 5x}\n"
    )
    assert main(["render", str(spec), "--format", "json"]) == 2
    found = [(p["line"], p["code"]) for p in _problems(capsys) if p["level"] == "error"]
    assert found == [(4, "WK106"), (4, "WK101"), (5, "WK206"), (5, "WK105")]


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "spec.yml")
    assert main(["render", str(tmp_path / "spec.yml"), "--format", "json"]) == 2
    assert [p["code"] for p in _problems(capsys)] == ["WK001"]


def test_a_file_that_is_not_utf8_is_refused_at_the_byte(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "spec.yml"
    spec.write_bytes(b"version: watchkeeper/v1\nservice: caf\xe9\n")
    assert main(["render", str(spec), "--format", "json"]) == 2
    assert [(p["code"], p["line"], p["column"]) for p in _problems(capsys)] == [("WK003", 2, 13)]


def test_a_file_of_fifty_megabytes_is_refused_without_reading_it_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "spec.yml"
    with spec.open("wb") as stream:
        stream.truncate(50 * 1024 * 1024)
    assert main(["render", str(spec), "--format", "json"]) == 2
    assert [p["code"] for p in _problems(capsys)] == ["WK002"]


def test_a_bomb_of_anchors_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "spec.yml"
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    spec.write_text("\n".join(lines))
    assert main(["render", str(spec), "--format", "json"]) == 2
    assert [p["code"] for p in _problems(capsys)] == ["WK007"]


def test_a_directory_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", str(tmp_path), "--format", "json"]) == 2
    assert [p["code"] for p in _problems(capsys)] == ["WK001"]


def test_a_missing_file_names_the_command_that_makes_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["render", str(tmp_path / "none.yml"), "--format", "json"]) == 2
    assert [(p["code"], "init" in str(p["remedy"])) for p in _problems(capsys)] == [("WK001", True)]


def test_a_file_without_permission_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tmp_path / "spec.yml"
    spec.write_text("version: watchkeeper/v1\n")
    real_open = Path.open

    def refuse(self: Path, *args: object, **kwargs: object) -> object:
        # Root reads whatever the mode says, so the refusal is the system call's, raised by hand.
        if self == spec:
            raise PermissionError(13, "Permission denied")
        return real_open(self, *args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    assert main(["render", str(spec), "--format", "json"]) == 2
    assert [(p["code"], p["message"]) for p in _problems(capsys)] == [
        ("WK001", "cannot be read: permission denied")
    ]


def test_an_include_that_is_missing_is_placed_at_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "spec.yml"
    spec.write_text("version: watchkeeper/v1\ninclude:\n  - teams/a.yml\n  - teams/*.yml\n")
    assert main(["render", str(spec), "--format", "json"]) == 2
    assert [(p["code"], p["line"], p["column"]) for p in _problems(capsys)] == [
        ("WK009", 3, 5),
        ("WK009", 4, 5),
    ]


def test_includes_in_a_circle_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "spec.yml").write_text("version: watchkeeper/v1\nservice: a\ninclude: [b.yml]\n")
    (tmp_path / "b.yml").write_text("service: b\ninclude: [c.yml]\n")
    (tmp_path / "c.yml").write_text("service: c\ninclude: [spec.yml]\n")
    assert main(["render", str(tmp_path / "spec.yml"), "--format", "json"]) == 2
    problem = next(p for p in _problems(capsys) if p["code"] == "WK010")
    assert (str(problem["file"]).endswith("c.yml"), problem["line"]) == (True, 2)
    assert "spec.yml → b.yml → c.yml → spec.yml" in str(problem["message"])


def test_problems_of_an_included_file_name_that_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "teams").mkdir()
    (tmp_path / "spec.yml").write_text("version: watchkeeper/v1\ninclude: [teams/*.yml]\n")
    (tmp_path / "teams" / "a.yml").write_text("service: a\nstack: {}\n")
    (tmp_path / "teams" / "b.yml").write_text("service: b\nteem: x\n")
    assert main(["render", str(tmp_path / "spec.yml"), "--format", "json"]) == 2
    found = [
        (Path(str(p["file"])).name, p["line"], p["code"]) for p in _problems(capsys) if p["level"] == "error"
    ]
    assert found == [("a.yml", 2, "WK011"), ("b.yml", 2, "WK101")]


def test_a_column_inside_a_block_scalar_is_a_column_of_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], needs_promtool_for_columns: None
) -> None:
    spec = tmp_path / "spec.yml"
    spec.write_text(
        "version: watchkeeper/v1\nservice: a\nsignals: [http]\nalerts:\n  - name: A\n    expr: |\n"
        "      sum(rate(up[5m]))\n        > > 1\n"
    )
    assert main(["render", str(spec), "--format", "json"]) == 2
    found = [(p["code"], p["line"], p["column"]) for p in _problems(capsys) if p["level"] == "error"]
    assert found == [("WK205", 8, 11)]


def test_a_terminal_sees_the_line_and_a_caret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    spec = tmp_path / "spec.yml"
    spec.write_text("version: watchkeeper/v1\nservice: a\nteem: b\n")
    assert main(["render", str(spec)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[1].endswith("teem: b")
    assert lines[2].replace("\x1b[31m", "").replace("\x1b[0m", "") == " " * 8 + "^"
    assert "did you mean `team`?" in lines[0]


def test_what_may_be_a_secret_is_never_repeated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    spec = tmp_path / "spec.yml"
    for secret in (
        "https://hooks.slack.com/services/T0/B0/hunter2",
        "HTTPS://hooks.example.com/hunter2",
        "hooks.slack.com/services/T0/B0/hunter2",
        "123456789012345678901234567890",
        "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",  # a bot's token
        "xoxb-1-2-hunter2",
        "me:hunter2/x",
        "aGFudGVyMg/aGFudGVyMg==",
        "Tr0ub4dor&3",
        '"hunter2/first\\nhunter2"',
    ):
        spec.write_text(
            "version: watchkeeper/v1\nservice: a\nnotify:\n  routes: {critical: [slack]}\n"
            f"  receivers:\n    slack: {{webhook_file: {secret}, channel: '#a'}}\n"
        )
        assert main(["render", str(spec)]) == 2
        captured = capsys.readouterr()
        assert secret not in captured.err + captured.out
        assert "hunter2" not in captured.err + captured.out
        assert "[WK218]" in captured.err or secret.isdigit()
        assert "name that file, such as secrets/slack_webhook" in captured.err or secret.isdigit()


@pytest.mark.parametrize(
    "path",
    [
        "secrets/slack",
        "./slack",
        "/run/secrets/slack",
        "/run/credentials/am@1.service/slack",
        "secrets/" + "x" * 40,
    ],
)
def test_the_path_of_a_secret_is_a_path(path: str) -> None:
    assert secret_path(path) == path


def test_a_pattern_may_match_the_file_that_it_stands_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "spec.yml").write_text("version: watchkeeper/v1\ninclude: ['*.yml']\n")
    (tmp_path / "a.yml").write_text("service: a\n")
    assert main(["render", str(tmp_path / "spec.yml")]) == 0


@pytest.mark.parametrize(
    "line", ["webhook: https://h/hunter2", "auth_password: hunter2", "smarthost: 'me:hunter2@m:25'"]
)
def test_a_line_that_may_hold_a_secret_is_not_shown_again(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    spec = tmp_path / "spec.yml"
    spec.write_text(f"version: watchkeeper/v1\nservice: a\nnotify:\n  receivers:\n    email:\n      {line}\n")
    assert main(["render", str(spec)]) == 2
    captured = capsys.readouterr()
    assert "hunter2" not in captured.err + captured.out


def test_a_line_break_in_a_value_does_not_make_a_second_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "spec.yml"
    spec.write_text(
        "version: watchkeeper/v1\nservice: shop\n"
        "metrics: [{name: x_total, type: counter, labels: [a], values: {'b\\nc': [x]}}]\n".replace("'", '"')
        + 'slos: [{name: a, objective: 99%, sli: {availability: http, where: {handler: "a\\nb", method: "G\\nT"}}}]\n'
    )
    assert main(["check", str(spec)]) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if " error: " in line]
    assert len(errors) == 3
    assert [line.rpartition("[")[2] for line in errors] == ["WK208]", "WK226]", "WK226]"]
