"""Runbooks say what this alert means in this spec's own numbers, and a team's own form and notes have their say."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.loading import load_plan
from tests.unit.plan.planning import plan_of
from watchkeeper import promql_tree
from watchkeeper.backends.runbooks import TemplateFailed, render
from watchkeeper.cli import main
from watchkeeper.plan.inhibitions import inhibited_by
from watchkeeper.plan.plan import Plan
from watchkeeper.plan.runbook.impact import one_of
from watchkeeper.spec.preset_shapes import PRESET_SHAPES

ROOT = Path(__file__).parents[3]
BUNDLED = ROOT / "monitoring/SLO_DEFINITIONS.yml"
SPECS = [
    BUNDLED,
    *sorted((ROOT / "examples" / "specs").glob("*.yml")),
    *sorted((ROOT / "tests" / "golden").glob("*/spec.yml")),
]
HEADINGS = [
    "Meaning",
    "Impact",
    "First five minutes",
    "Diagnosis",
    "Mitigation",
    "Who is notified, and when",
    "After the fix",
    "How this alert was proven",
]
_PROMQL = re.compile(r"```promql\n(.*?)```", re.DOTALL)


def _pages(plan: Plan) -> dict[str, str]:
    """Return the page of each alert by its name; alerts of several services may share one."""
    paths = {alert.runbook_path for service in plan.services for alert in service.all_alerts}
    return {path: text for path, text in render(plan).items() if path in paths}


def _page(text: str, tmp_path: Path, alert: str) -> str:
    (tmp_path / "spec.yml").write_text(text)
    pages = _pages(load_plan(tmp_path / "spec.yml"))
    return next(page for path, page in pages.items() if path.endswith(f"/{alert}.md"))


def _section(page: str, heading: str) -> str:
    return page.split(f"\n## {heading}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_alert_has_a_whole_page(spec: Path) -> None:
    plan = load_plan(spec)
    pages = _pages(plan)
    assert len(pages) == sum(len(service.all_alerts) for service in plan.services) > 0
    for path, page in pages.items():
        assert re.findall(r"^## (.+)$", page, re.MULTILINE) == HEADINGS, path
        assert all(_section(page, heading).strip() for heading in HEADINGS), path
        assert "\n\n\n" not in page and page.endswith(".\n") and len(page) < 7000, path
        assert not re.search(r"None|Undefined|&#39;|\(\)", _PROMQL.sub("", page)), path
        assert len(_PROMQL.findall(_section(page, "First five minutes"))) >= 2, path
        for query in _PROMQL.findall(page):
            promql_tree.parse(query)


def test_kinds_of_alerts_have_their_own_advice() -> None:
    pages = _pages(load_plan(BUNDLED)).values()
    for heading in ("Impact", "Diagnosis", "Mitigation"):
        assert len({_section(page, heading) for page in pages}) >= 10
    assert "trace" not in _section(_of("ServiceDown"), "Diagnosis")
    assert "sandbox" in _section(_of("SandboxPoolDepleted"), "Mitigation") + _section(
        _of("SandboxPoolDepleted"), "Diagnosis"
    )


EVERY_PRESET = """\
service: shop
signals: [http, system, health, sandbox]
alerts:
  - {preset: service_down}
  - {preset: error_ratio, above: 5%}
  - {preset: latency_quantile, above: 500ms}
  - {name: SlowSandbox, preset: latency_quantile, metric: sandbox_execution_duration_seconds, above: 10s}
  - {name: Memory, preset: saturation, resource: memory, above: 85%}
  - {name: Cpu, preset: saturation, resource: cpu, above: 80%}
  - {name: Files, preset: saturation, resource: file_descriptors, above: 80%}
  - {name: Pool, preset: gauge_below, metric: sandbox_pool_available, below: 2}
  - {name: Many, preset: gauge_above, metric: http_requests_in_progress, above: 100}
  - {preset: health_failing}
  - {preset: replicas_below, below: 2}
  - {name: Raw, expr: up < 1}
"""


def test_every_preset_has_advice_of_its_own(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, EVERY_PRESET)
    pages, seen = _pages(plan), set()
    for alert in (one for service in plan.services for one in service.alerts):
        page, general = pages[alert.runbook_path], alert.preset is None
        seen.add(alert.preset)
        assert ("Compare each series of the condition" in _section(page, "Diagnosis")) is general, alert.name
        assert ("Else bring the series back" in _section(page, "Mitigation")) is general, alert.name
    assert seen == {*PRESET_SHAPES, None}


def _of(alert: str) -> str:
    return (ROOT / f"monitoring/runbooks/helloagents/{alert}.md").read_text()


def test_the_impact_is_in_numbers() -> None:
    impact = _section(_of("HelloagentsApiAvailabilityFastBurn"), "Impact")
    assert "At least 1 of 34 requests is bad: 3% or more." in impact
    assert "| 1h/5m | 100% | 5m12s | 2.4% | 3h30m |" in impact
    assert "Failed requests spend the error budget of `api-availability`." in _section(
        _of("HighErrorRate"), "Impact"
    )
    assert "An outage spends the error budget of `api-availability`." in _section(
        _of("ServiceDown"), "Impact"
    )


@pytest.mark.parametrize(
    ("ratio", "counted"),
    [
        ("0.03", "1 of 34"),
        ("0.05", "1 of 20"),
        ("0.3", "1 of 4"),
        ("0.5", "1 of 2"),
        ("0.9", "9 of 10"),
        ("0.55", "5 of 10"),
    ],
)
def test_a_share_is_counted_and_never_exaggerated(ratio: str, counted: str) -> None:
    assert one_of(Decimal(ratio)) == counted


def test_the_first_queries_have_the_selectors_of_the_alert(tmp_path: Path) -> None:
    page = _page(
        "version: watchkeeper/v1\nservice: shop\nslos:\n"
        "  - {name: checkout, objective: 99%, sli: {availability: http, where: {handler: [/pay, /cart]}}}\n",
        tmp_path,
        "ShopCheckoutFastBurn",
    )
    queries = _PROMQL.findall(_section(page, "First five minutes"))
    own = 'service="shop",handler=~"/pay|/cart"'
    for label in ("handler", "instance"):
        assert any(f"sum by ({label})" in query and own in query for query in queries), label
    assert any("sum by (status_code)" in query and own in query for query in queries)


def test_receivers_mutes_and_inhibitions_are_those_of_the_plan() -> None:
    plan = load_plan(BUNDLED)
    pages = _pages(plan)
    muted = 0
    for service in plan.services:
        for alert in service.all_alerts:
            told = _section(pages[alert.runbook_path], "Who is notified, and when")
            assert all(f"| {name} |" in told for name in alert.receivers), alert.name
            names = [other.name for other in inhibited_by(plan, alert)]
            assert (f"While {' or '.join(names)} fires" in told) is bool(names), alert.name
            muted += bool(names)
    assert muted > 10


NOTES = """\
Call the *payments* team first. <script>alert(1)</script>

```
{{ name }} never closed <b>
"""


def _with_notes(folder: Path, notes: str = NOTES) -> str:
    (folder / "notes.md").write_text(notes)
    return _page(
        "version: watchkeeper/v1\nservice: shop\nalerts:\n"
        "  - {name: Down, preset: service_down, runbook_notes: notes.md}\n",
        folder,
        "Down",
    )


def test_notes_stand_at_the_top_and_reach_no_further(tmp_path: Path) -> None:
    page = _with_notes(tmp_path)
    assert page.index("payments") < page.index("## Meaning")
    html = MarkdownIt("commonmark").enable("table").render(page)
    assert "<script>" not in html and "<em>payments</em>" in html
    assert "{{ name }} never closed &lt;b&gt;" in html
    assert [text for text in HEADINGS if f"<h2>{text}</h2>" in html] == HEADINGS
    assert "Call the" not in _page(
        "version: watchkeeper/v1\nservice: shop\nalerts:\n  - {name: Down, preset: service_down}\n",
        tmp_path,
        "Down",
    )


@pytest.mark.parametrize("notes", ["", "\n\n", "<!--", "\u202e> quoted\n\tindented", "~~~\n```\n~~~\n<i>"])
def test_any_notes_leave_the_page_whole(notes: str, tmp_path: Path) -> None:
    html = MarkdownIt("commonmark").enable("table").render(_with_notes(tmp_path, notes))
    assert [text for text in HEADINGS if f"<h2>{text}</h2>" in html] == HEADINGS
    assert "<i>" not in html and "\u202e" not in html


def _with_form(folder: Path, form: str) -> str:
    (folder / "form.md").write_text(form)
    return _page(
        "version: watchkeeper/v1\nservice: shop\ndescription: x\nrunbook_template: form.md\nalerts:\n"
        "  - {name: Down, preset: service_down}\n  - {name: Raw, expr: 'up < 1', description: 'a | b `c` <d>'}\n",
        folder,
        "Raw",
    )


def test_a_team_may_replace_the_form_and_values_stay_text(tmp_path: Path) -> None:
    page = _with_form(tmp_path, "# {{ name }}\n{{ meaning }}\n{{ meaning | upper }}\n{{ mitigation }}\n")
    assert page.splitlines()[:3] == ["# Raw", r"a \| b \`c\` \<d\>", r"A \| B \`C\` \<D\>"]
    assert "- It began with a deploy" in page


@pytest.mark.parametrize(
    ("form", "line", "words"),
    [
        ("a\n{% if %}", 2, "Expected an expression"),
        ("{{ name }}\n\n{{ meening }}", 3, "'meening' is undefined"),
        ("a\n{{ 1 / 0 }}", 2, "division by zero"),
        ("a\nb\n{{ name.__class__.__mro__ }}", 3, "unsafe"),
        ("{% include '/etc/passwd' %}", 1, "/etc/passwd"),
        ("{% include 'engine.py' %}", 1, "engine.py"),
        ("{% for i in range(99999) %}{{ meaning }}{% endfor %}", 1, "characters"),
        ("{% for i in range(10**9) %}x{% endfor %}", 1, "range"),
    ],
)
def test_a_template_that_fails_is_a_problem_with_its_line(
    form: str, line: int, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(TemplateFailed) as failed:
        _with_form(tmp_path, form)
    assert failed.value.finding.where.line == line
    assert words in failed.value.finding.message
    assert main(["render", str(tmp_path / "spec.yml"), "--out", str(tmp_path / "out")]) == 2
    captured = capsys.readouterr()
    assert f"form.md:{line}:1: error: the template of the runbooks fails" in captured.err
    assert "Traceback" not in captured.err and not (tmp_path / "out").exists()


def test_the_bundled_form_is_rendered_and_gives_the_same_pages(tmp_path: Path) -> None:
    (tmp_path / "own.md").write_text((ROOT / "monitoring/RUNBOOK_TEMPLATE.md").read_text())
    body = "service: shop\nalerts: [{name: Raw, expr: 'up < 1', description: 'a | b'}]\n"
    wanted, mine = (_pages(plan_of(tmp_path, text)) for text in (body, f"{body}runbook_template: own.md\n"))
    assert mine == wanted


HOSTILE = [
    "\"quotes\" 'and' `ticks` ``` $HOME {{ name }} {% if %} {# #}",
    "a/b\\\\c | <img src=x onerror=alert(1)> [x](javascript:alert(1)) ## no heading",
    "🔥 emoji \u05e9\u05dc\u05d5\u05dd and \u202e reversed",
    "x" * 300,
    "# not a heading\n\n```\nnot a block\n<!-- nor a comment",
]


@pytest.mark.parametrize("text", HOSTILE, ids=["quotes", "markup", "unseen", "long", "lines"])
def test_texts_of_users_stay_texts(text: str, tmp_path: Path) -> None:
    said, team = json.dumps(text, ensure_ascii=False), text.partition("\n")[0][:40].replace("\u202e", "")
    plan = plan_of(
        tmp_path,
        f"service: shop\nteam: {json.dumps(team, ensure_ascii=False)}\n"
        f"slos: [{{name: o, objective: 99%, sli: {{availability: http}}, description: {said}}}]\n"
        f"alerts: [{{name: Raw, expr: 'up < 1', description: {said}}}]\n",
    )
    for path, page in _pages(plan).items():
        html = MarkdownIt("commonmark").enable("table").render(page)
        assert re.findall("<h2>(.+?)</h2>", html) == HEADINGS, path
        assert "<img" not in html and 'javascript:alert(1)"' not in html
        assert "\u202e" not in page
        words = re.search(r"\w{4,}", text)
        assert words is not None and (words[0] in html or not path.endswith("Raw.md"))


def test_our_own_texts_are_markdown() -> None:
    own = [page for path, page in render(load_plan(BUNDLED)).items() if "runbooks/watchkeeper/" in path]
    assert any("`watchkeeper status`" in page for page in own)
    assert not any("\\`" in page for page in own)


def test_sixty_objectives_and_none(tmp_path: Path) -> None:
    many = ", ".join(f"{{name: o{n}, objective: 99%, sli: {{availability: http}}}}" for n in range(60))
    assert len(_pages(plan_of(tmp_path, f"service: shop\nslos: [{many}]\n"))) == 241
    alone = plan_of(tmp_path, "service: shop\nstack: {self_monitoring: {enabled: false}}\n")
    assert set(render(alone)) == {"monitoring/RUNBOOK_TEMPLATE.md"}


def test_the_index_leads_to_every_page() -> None:
    plan = load_plan(ROOT / "examples/specs/two-services.yml")
    files = render(plan)
    found = re.findall(r"\]\((.+?)\)", files["monitoring/runbooks/README.md"])
    own = {alert.runbook_path for alert in plan.own.alerts} if plan.own is not None else set()
    assert {f"monitoring/runbooks/{path}" for path in found} == set(_pages(plan)) | own


_BY = """\
version: watchkeeper/v1
service: shop
signals: [http]
slos:
  - {name: api, objective: 99.5%, window: 7d, sli: {availability: http}, by: {handler: ["/pay", "/cart"]}}
  - {name: slow, objective: 99%, window: 7d, sli: {latency: http, threshold: 500ms}, by: [handler]}
"""


@pytest.mark.parametrize("alert", ["ShopApiFastBurn", "ShopApiBudgetExhausted", "ShopSlowSlowBurn"])
def test_an_alert_of_a_value_has_queries_by_value_and_a_silence_of_it(alert: str, tmp_path: Path) -> None:
    page = _page(_BY, tmp_path, alert)
    queries = _PROMQL.findall(_section(page, "First five minutes"))
    assert queries[-1].startswith("changes(")
    of_values = [one for one in queries if "by (handler" in one]
    assert len(of_values) >= 4
    assert not [one for one in queries if "by (instance)" in one or "by (status_code)" in one]
    assert any("by (handler, instance)" in one for one in of_values)
    command = next(line for line in page.splitlines() if line.startswith("watchkeeper silence add"))
    assert f"{alert} service=shop handler=VALUE --duration" in command
    assert "in place of `VALUE`" in page
    share = "/pay, /cart; all others share" if "Api" in alert else "the first 50 with events"
    assert share in _section(page, "Meaning")


def test_an_alert_on_the_whole_objective_has_no_value(tmp_path: Path) -> None:
    page = _page(_BY, tmp_path, "ShopApiMetricMissing")
    assert "VALUE" not in page
    assert "handler=" not in page
