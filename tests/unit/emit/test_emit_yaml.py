"""What the YAML dumper writes, letter by letter, and what it refuses."""

from __future__ import annotations

from decimal import Decimal
from textwrap import dedent

import pytest
import yaml as pyyaml

from watchkeeper.emit import yaml
from watchkeeper.emit.yaml import Commented


def test_a_rule_file_looks_written_by_hand() -> None:
    rule: dict[str, yaml.Value] = {
        "alert": "HighErrorRate",
        "expr": 'sum(rate(http_requests_total{status_code=~"5.."}[5m])) > 0.05',
        "for": "5m",
        "labels": {"severity": "critical"},
        "annotations": {"description": "Too many errors.\nLook at the logs.\n", "short": "a\nb"},
    }
    record: dict[str, yaml.Value] = {"record": "slo:target:ratio", "expr": Decimal("1E-3")}
    groups: yaml.Value = [{"name": "shop", "rules": [Commented(rule, "Why it pages:\nbudget"), record]}]
    assert yaml.dump(
        {"groups": groups, "none": [], "nothing": {}}, header="Rendered.\n\nDo not edit."
    ) == dedent(
        """\
        # Rendered.
        #
        # Do not edit.
        groups:
          - name: shop
            rules:
              # Why it pages:
              # budget
              - alert: HighErrorRate
                expr: sum(rate(http_requests_total{status_code=~"5.."}[5m])) > 0.05
                for: 5m
                labels:
                  severity: critical
                annotations:
                  description: |
                    Too many errors.
                    Look at the logs.
                  short: |-
                    a
                    b
              - record: slo:target:ratio
                expr: 0.001
        none: []
        nothing: {}
        """
    )


def test_the_order_of_keys_is_kept() -> None:
    assert yaml.dump({"b": 1, "a": 2}) == "b: 1\na: 2\n"


def test_lists_in_lists_share_a_line() -> None:
    assert yaml.dump([["a", ["b"]], {"c": ["d"]}, []]) == "- - a\n  - - b\n- c:\n    - d\n- []\n"


def test_a_comment_on_the_first_key_of_an_item_stands_above_the_dash() -> None:
    value: yaml.Value = {"rules": [{"alert": Commented("X", "page"), "for": Commented("5m", "two scrapes")}]}
    assert yaml.dump(value) == "rules:\n  # page\n  - alert: X\n    # two scrapes\n    for: 5m\n"


def test_comments_on_comments_on_blocks_and_on_the_whole_document() -> None:
    value = Commented({"a": Commented(Commented([1], "inner"), "outer")}, "top")
    assert yaml.dump(value) == "# top\n# outer\n# inner\na:\n  - 1\n"


@pytest.mark.parametrize("end", ["\n", "\r", "\x85", "\u2028", "\u2029", "\x0b", "\x0c"])
def test_no_line_end_lets_a_comment_leave_its_line(end: str) -> None:
    text = yaml.dump({"a": Commented(1, f"x{end}b: 2")}, header=f"y{end}c: 3")
    assert pyyaml.safe_load(text) == {"a": 1}
    assert all(line.startswith(("#", "a:")) for line in text.splitlines())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (None, "null"),
        (0, "0"),
        (-7, "-7"),
        (Decimal("0.001"), "0.001"),
        (Decimal("1E-9"), "0.000000001"),
        (Decimal("1.2E+4"), "12000"),
        (Decimal("99.90"), "99.90"),
        (Decimal(100) - Decimal("99.9"), "0.1"),
    ],
)
def test_scalars_are_exact_and_in_plain_notation(value: yaml.Value, text: str) -> None:
    assert yaml.dump({"k": value}) == f"k: {text}\n"


PLAIN = [
    "up == 0",
    "5m",
    "1h30m",
    "a:b",
    "a#b",
    "127.0.0.1:9090",
    "--config.file=/etc/x.yml",
    "-x",
    "/a/b",
    "(a) / (b)",
    'rate(x{a="b", c!="d"}[5m])',
    "é — 漢 😀 ⚠️",
    "<none>",
    "1.2.3",
    "it's",
    "$labels",
    "2.5e",
    "nope",
]
TYPED_IN_1_1 = ["y", "Y", "yes", "Yes", "n", "N", "no", "NO", "on", "On", "off", "OFF", "=", "<<"]
TYPED_IN_1_1 += ["1:30", "190:20:30.15", "0b101", "1_000", "017", "2001-01-01", "2001-1-1t1:1:1Z"]
TYPED_IN_BOTH = ["true", "True", "FALSE", "null", "Null", "~", "12", "+1", "0x1F", ".5", "-.5", "5."]
TYPED_IN_BOTH += ["0o17", "1e3", "1.5E-3", ".inf", "-.INF", ".NaN"]
MARKS = [
    "",
    " a",
    "a ",
    "a: b",
    "a:",
    "a #b",
    "#a",
    "- a",
    "-",
    "---",
    "--- a",
    "...",
    "? a",
    "?",
    ": a",
    ":",
]
MARKS += [
    "*a",
    "&a",
    "!a",
    "%a",
    "@a",
    "`a",
    "|",
    ">",
    "'a'",
    '"a"',
    "[a",
    "]",
    "{a",
    "}",
    ",a",
    "a\tb",
    "\ta",
]


@pytest.mark.parametrize("text", PLAIN)
def test_harmless_strings_stay_plain(text: str) -> None:
    assert yaml.dump([text]) == f"- {text}\n"


@pytest.mark.parametrize("text", [*TYPED_IN_1_1, *TYPED_IN_BOTH, *MARKS])
def test_strings_that_some_yaml_reads_otherwise_are_quoted(text: str) -> None:
    dumped = yaml.dump({text: [text]})
    assert dumped[0] in "\"'"
    assert dumped.split("\n")[1].removeprefix("  - ")[0] in "\"'"
    assert pyyaml.safe_load(dumped) == {text: [text]}


@pytest.mark.parametrize(
    "code", [0, 7, 27, 0x7F, 0x85, 0xA0, 0xAD, 0x200B, 0x202E, 0x2028, 0xFEFF, 0xFFFE, 0xE0041]
)
def test_what_a_reviewer_cannot_see_is_escaped(code: int) -> None:
    text = yaml.dump({"k": f"a{chr(code)}b\n{chr(code)}"})
    assert text.isascii()
    assert text.removesuffix("\n").isprintable()
    assert pyyaml.safe_load(text) == {"k": f"a{chr(code)}b\n{chr(code)}"}


def test_backslashes_and_quotes_need_no_escapes() -> None:
    assert yaml.dump(['{a="b"}', "{a=~'\\\\d+'}"]) == "- '{a=\"b\"}'\n- '{a=~''\\\\d+''}'\n"


@pytest.mark.parametrize("text", ["\na", " a\nb", "\ta\nb", "a\n\n", "\n", "a\r\nb"])
def test_text_that_a_block_cannot_hold_safely_is_quoted_on_one_line(text: str) -> None:
    dumped = yaml.dump({"k": text})
    assert dumped.count("\n") == 1
    assert pyyaml.safe_load(dumped) == {"k": text}


def test_lines_are_never_folded() -> None:
    text = "word " * 1000 + "end"
    assert yaml.dump([text, f"# {text}"]).count("\n") == 2


@pytest.mark.parametrize("text", ["a \nb", "a\t\nb", "a\nb ", "a\n \nb"])
def test_blanks_at_the_end_of_a_line_survive_between_quotes(text: str) -> None:
    dumped = yaml.dump({"a": text})
    assert '"' in dumped
    assert {"a": text} == pyyaml.safe_load(dumped)


@pytest.mark.parametrize(
    "value", [1.5, float("nan"), b"x", {1, 2}, object(), {"k": [1.5]}, {1: "x"}, {None: 1}]
)
def test_inexact_and_foreign_values_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        yaml.dump(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "value", [Decimal("NaN"), Decimal("Infinity"), "\ud800", "a\n\ud800", {"\udfff": 1}, {"k" * 1024: 1}]
)
def test_values_that_no_file_can_hold_are_refused(value: yaml.Value) -> None:
    with pytest.raises(ValueError, match=r"."):
        yaml.dump(value)


def test_the_longest_key_is_still_read_back() -> None:
    value: yaml.Value = {"k" * 1023: 1}
    assert pyyaml.safe_load(yaml.dump(value)) == value
