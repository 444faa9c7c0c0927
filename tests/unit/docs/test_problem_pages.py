"""Every problem page is about a code that exists, and its examples do what it says of them."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from scripts.problem_pages import PAGES, RIGHT, WRONG, Example, Page, index, message, pages
from tests.loading import load_spec
from watchkeeper.cli import main
from watchkeeper.model.duration import Duration
from watchkeeper.pipeline import plan_of, render_files
from watchkeeper.spec import checks, formats
from watchkeeper.spec.parse.parse_receiver import RECEIVER_SHAPES
from watchkeeper.spec.problem import CODES, Problem, SpecRejected
from watchkeeper.spec.read import read_spec

ALL = {page.code: page for page in pages()}
# No page could show the text of these: another path, a file of 4 MiB, and 50 objectives.
IN_WORDS = {"WK001", "WK002", "WK251"}
SHOWN = [page for page in ALL.values() if page.code not in IN_WORDS]


def _problems(example: Example | None, folder: Path) -> tuple[Problem, ...]:
    assert example is not None
    try:
        return load_spec(example.write(folder))[1]
    except SpecRejected as rejected:
        return rejected.problems


def _codes(text: str, folder: Path) -> set[str]:
    example = Example((("spec.yml", f"version: watchkeeper/v1\nservice: checkout\n{text}"),), "utf-8")
    return {problem.code for problem in _problems(example, folder) if problem.level == "error"}


def _rows(code: str, heading: str) -> list[list[str]]:
    lines = [line for line in ALL[code].section(heading).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def _words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert sorted(ALL) == sorted(CODES)
    assert sorted(path.name for path in PAGES.iterdir()) == [
        "README.md",
        *(f"{code}.md" for code in sorted(CODES)),
    ]


@pytest.mark.parametrize("page", ALL.values(), ids=lambda page: page.code)
def test_a_page_has_the_title_of_its_code_and_says_why_what_is_wrong_and_what_is_right(page: Page) -> None:
    level, title = CODES[page.code]
    assert page.title == f"{page.code}: {title}"
    # Nothing is wrong with a spec that gets a note.
    shows = ("With the note", "Without the note") if level == "note" else ("Wrong", "Right")
    assert page.headings[:3] == ("Why it matters", *shows)
    assert all(page.section(heading).strip() for heading in page.headings)


def test_only_what_no_text_can_show_is_described_in_words() -> None:
    assert {page.code for page in ALL.values() if page.example(*WRONG) is None} == IN_WORDS
    assert {page.code for page in ALL.values() if page.shown_message is None} == IN_WORDS


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.code)
def test_the_wrong_example_has_the_problem_and_no_other_error(page: Page, tmp_path: Path) -> None:
    found = _problems(page.example(*WRONG), tmp_path)
    assert page.code in {problem.code for problem in found}
    assert {problem.code for problem in found if problem.level == "error"} <= {page.code}


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.code)
def test_the_message_on_the_page_is_what_a_render_prints(page: Page, request: pytest.FixtureRequest) -> None:
    if page.code == "WK205":
        request.getfixturevalue("needs_promtool_for_columns")
    example = page.example(*WRONG)
    assert example is not None
    assert message(example, page.code) == page.shown_message, "run: python scripts/problem_pages.py"


@pytest.mark.parametrize("page", ALL.values(), ids=lambda page: page.code)
def test_the_right_example_renders_and_has_the_problem_no_more(page: Page, tmp_path: Path) -> None:
    example = page.example(*RIGHT)
    assert example is not None
    path = example.write(tmp_path)
    spec, found = read_spec(path)
    assert page.code not in {problem.code for problem in found}
    assert "docker-compose.monitoring.yml" in render_files(plan_of(spec, path))


def test_the_page_about_unreadable_files_shows_what_a_folder_gets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("monitoring").mkdir()
    example = re.search(r"\$ watchkeeper (.+)\n(.+)\n", ALL["WK001"].section(*WRONG))
    assert example is not None
    command, shown = example.groups()
    assert main(command.split()) == 2
    assert capsys.readouterr().err.splitlines()[0] == shown


def test_the_page_about_large_files_names_the_limit(tmp_path: Path) -> None:
    stated = re.search(r"over (\d+) MiB", ALL["WK002"].section(*WRONG))
    assert stated is not None
    limit = int(stated[1]) * 1024 * 1024
    text = "version: watchkeeper/v1\nservice: checkout\n#"
    for size, expected in ((limit, set()), (limit + 1, {"WK002"})):
        path = tmp_path / "spec.yml"
        path.write_text(text.ljust(size, "x"))
        found = _problems(Example((("spec.yml", path.read_text()),), "utf-8"), tmp_path)
        assert {problem.code for problem in found} == expected


def test_the_index_is_up_to_date() -> None:
    assert (PAGES / "README.md").read_text() == index(), "run: python scripts/problem_pages.py"


_VALUES = {
    "above": "5%", "below": "2", "metric": "process_open_fds", "resource": "cpu", "min_events": "5",
    "quantile": "0.9", "external": "true", "aggregate": "max", "name": "A",
    "proof": "{fires: [{series: up, values: '1x9'}], silent: [{series: up, values: '0x9'}]}",
}  # fmt: skip
_OWN_VALUES = {
    ("latency_quantile", "above"): "500ms", ("latency_quantile", "metric"): "http_request_duration_seconds",
    ("gauge_above", "above"): "3",
}  # fmt: skip


def _alert(kind: str, keys: list[str]) -> str:
    first = "expr: 'max(up) > 1'" if kind == "expr" else f"preset: {kind}"
    further = [f"{key}: {_OWN_VALUES.get((kind, key), _VALUES[key])}" for key in keys]
    return f"signals: [http, system, health]\nalerts: [{{{', '.join([first, *further])}}}]\n"


@pytest.mark.parametrize("row", _rows("WK111", "Which preset takes what"), ids=lambda row: row[0])
def test_the_table_of_presets_says_what_each_needs_and_takes(row: list[str], tmp_path: Path) -> None:
    (kind,), needs, may = map(_words, row)
    taken = [*needs, *may]
    assert _codes(_alert(kind, taken), tmp_path) == set()
    for missing in needs:
        assert _codes(_alert(kind, [key for key in taken if key != missing]), tmp_path) == {"WK102"}
    for foreign in _VALUES.keys() - {*taken, "name"}:
        assert _codes(_alert(kind, [*taken, foreign]), tmp_path) == {"WK111"}


def test_the_tables_of_needed_keys_agree() -> None:
    needed = {kind: set(_words(needs)) for (kind,), needs in
              ((_words(row[0]), row[1]) for row in _rows("WK111", "Which preset takes what"))}  # fmt: skip
    for where, keys in _rows("WK102", "What is always needed"):
        for preset in _words(where) if where.startswith("preset") else ():
            assert needed[preset] <= set(_words(keys)), preset


_RECEIVERS = {
    "Slack receiver": ("slack", {"webhook_file": "secrets/a", "channel": "'#a'"}),
    "email receiver": ("email", {"to": "a@example.com", "smarthost": "'mail:25'"}),
    "PagerDuty receiver": ("pagerduty", {"routing_key_file": "secrets/a"}),
    "webhook receiver": ("webhook", {"url_file": "secrets/a"}),
    "Teams receiver": ("msteamsv2", {"webhook_file": "secrets/a"}),
    "Opsgenie receiver": ("opsgenie", {"api_key_file": "secrets/a"}),
    "Telegram receiver": ("telegram", {"bot_token_file": "secrets/a", "chat_id": "-100"}),
}


def test_the_table_of_needed_keys_has_every_kind_of_receiver() -> None:
    assert [kind for kind, _ in _RECEIVERS.values()] == [*RECEIVER_SHAPES]
    titles = [where for where, _ in _rows("WK102", "What is always needed") if where.endswith(" receiver")]
    assert titles == [*_RECEIVERS]


@pytest.mark.parametrize("title", _RECEIVERS)
def test_the_table_of_needed_keys_is_right_about_receivers(title: str, tmp_path: Path) -> None:
    kind, values = _RECEIVERS[title]
    assert [_words(keys) for where, keys in _rows("WK102", "What is always needed") if where == title] == [
        [*values]
    ]
    for missing in (None, *values):
        keys = ", ".join(f"{key}: {value}" for key, value in values.items() if key != missing)
        text = f"notify: {{receivers: {{{kind}: {{{keys}}}}}, routes: {{info: [{kind}]}}}}\n"
        assert _codes(text, tmp_path) == ({"WK102"} if missing else set())


def test_the_reserved_names_are_listed() -> None:
    labels, services = ALL["WK217"].section("What is reserved").strip().splitlines()
    assert set(_words(labels)) == formats.RESERVED_LABELS
    for name in _words(services):
        assert name in checks._OWN_JOBS
    assert len(_words(services)) == len(checks._OWN_JOBS)


def test_the_examples_of_valid_names_are_valid() -> None:
    forms = (
        formats.service_name,
        formats.alert_name,
        formats.metric_name,
        formats.label_name,
        formats.label_value,
    )
    for row, check in zip(_rows("WK107", "What is valid"), forms, strict=True):
        assert check(_words(row[2])[0])


def test_the_examples_of_durations_are_durations() -> None:
    *right, wrong = (text for text in _words(ALL["WK105"].section("How to write durations")) if text != "90s")
    assert all(Duration.parse(text) for text in [*right, "90s"])
    with pytest.raises(ValueError, match="is not a duration"):
        Duration.parse(wrong)


def test_the_budgets_of_objectives_are_computed_right() -> None:
    units = {"h": 3600, "min": 60, "s": 1}
    for objective, outage, failed in _rows("WK202", "How to decide"):
        left = 1 - formats.objective(objective)
        shown = sum(int(count) * units[unit] for count, unit in re.findall(r"(\d+) (\w+)", outage))
        assert shown == int(left * 30 * 86_400)
        assert Decimal(failed.replace(",", "")) == left * 1_000_000
