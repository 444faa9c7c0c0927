"""User text in alerts and selectors, read by the real promtool and amtool."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from tests.conftest import need_tool
from watchkeeper.emit import promql, yaml

pytestmark = pytest.mark.tools

NASTY = [
    "{{ service }}",
    "{{",
    "}}",
    "{{{{",
    "{{{ $labels.x }}}",
    "{",
    "}",
    "x {",
    "{ x",
    "{{/* c */}}",
    '{{ "{{" }}',
]
NASTY += [
    "{{- x -}}",
    "{{`",
    "{{ template `x` }}",
    "%s %d 100%",
    "$value $labels",
    "\\{{",
    "a\nb {{",
    "{\n{",
    "é{{😀",
]
NASTY += ["{{ define `x` }}", "&lt;{{'\"", "{{.}}", "{ { {{ {{{ }}} }} } }"]


def texts() -> list[str]:
    """The nasty ones, and two hundred random rows of what templates are made of."""
    letters = random.Random(7)
    return NASTY + ["".join(letters.choices("{{{}}} -.$\"'`\\x\n", k=12)).strip() + "." for _ in range(200)]


def run(*command: str, folder: Path) -> str:
    """What the tool says when all is well."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def clean(text: str) -> str:
    """The text without blanks at the ends of its lines, as the dumper wants it."""
    return "\n".join(line.rstrip() for line in text.split("\n"))


def test_alerts_show_user_text_as_it_was_written(tmp_path: Path) -> None:
    """Each text stands alone in a label, and in an annotation hard between two template actions."""
    rules: list[yaml.Value] = []
    checks: list[yaml.Value] = []
    for number, text in enumerate(map(clean, texts())):
        escaped = promql.alert_template_escape(text)
        between = "{{ $value }}" + escaped + "{{ $value }}"
        alert: dict[str, yaml.Value] = {"alert": f"A{number}", "expr": "up == 1", "labels": {"text": escaped}}
        rules.append({**alert, "annotations": {"between": between}})
        expected: yaml.Value = {"exp_labels": {"text": text}, "exp_annotations": {"between": f"1{text}1"}}
        checks.append({"eval_time": "1m", "alertname": f"A{number}", "exp_alerts": [expected]})
    test: yaml.Value = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1m",
        "tests": [
            {"interval": "1m", "input_series": [{"series": "up", "values": "1x5"}], "alert_rule_test": checks}
        ],
    }
    (tmp_path / "rules.yml").write_text(yaml.dump({"groups": [{"name": "g", "rules": rules}]}))
    (tmp_path / "test.yml").write_text(yaml.dump(test))
    said = run(need_tool("promtool"), "check", "rules", "rules.yml", folder=tmp_path)
    assert f"{len(checks)} rules found" in said
    assert "SUCCESS" in run(need_tool("promtool"), "test", "rules", "test.yml", folder=tmp_path)


def test_alertmanager_templates_show_user_text_as_it_was_written(tmp_path: Path) -> None:
    amtool = need_tool("amtool")
    (tmp_path / "none.tmpl").write_text("")
    for text in NASTY:
        template = promql.alert_template_escape(text)
        command = (amtool, "template", "render", "--template.glob=*.tmpl", f"--template.text={template}")
        assert run(*command, folder=tmp_path).removesuffix("\n") == text


def test_a_label_value_of_any_text_selects_the_series_that_has_it(tmp_path: Path) -> None:
    values = [
        clean(text) for text in [*texts(), "\0", "\x1b\x7f", "\u2028\ufeff", "\U000e0041", 'a"b\\c', "\r\tx"]
    ]
    exprs = [promql.selector("up", [("text", "=", value), ("a", "!=", value)]) for value in values]
    series: list[yaml.Value] = [
        {"series": f"up{{text={promql.string(value)}}}", "values": "1x5"} for value in sorted(set(values))
    ]
    checks: list[yaml.Value] = [
        {"expr": f"count({expr})", "eval_time": "1m", "exp_samples": [{"labels": "{}", "value": 1}]}
        for expr in exprs
    ]
    test: yaml.Value = {"tests": [{"interval": "1m", "input_series": series, "promql_expr_test": checks}]}
    (tmp_path / "test.yml").write_text(yaml.dump(test))
    assert "SUCCESS" in run(need_tool("promtool"), "test", "rules", "test.yml", folder=tmp_path)
