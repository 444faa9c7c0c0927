"""Rules of one shape share a proof; whatever differs in more than names, used one for one, does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.mutants.mutant import mutants_of
from tests.unit.plan.planning import plan_of
from watchkeeper.backends.proofs import proof_texts
from watchkeeper.backends.rules import render
from watchkeeper.plan.plan import Plan
from watchkeeper.verify.own_names import names_of_alerts, names_of_slo
from watchkeeper.verify.shape import RulesShape

METRICS = """
    metrics:
      - {name: %(n)s_total, type: counter, labels: [handler, result], values: {result: [ok, failed]}}
"""
EVENTS = '{events: {bad: \'%(n)s_total{handler="/%(n)s",result="failed"}\', total: \'%(n)s_total{handler="/%(n)s"}\'}}'


def _service(name: str, team: str, sli: str, *, slo: str = "", further: str = "") -> str:
    slo = slo or f"{name}-slo"
    return f"""\
  - service: {name}
    team: {team}
    signals: [http]
    targets: ["{name}:8000"]
    alerts: [{{preset: service_down}}]
{METRICS % {"n": name}}
    slos: [{{name: {slo}, objective: 99.9%, window: 30d, sli: {sli % {"n": name}}{further}}}]
"""


def _plan(folder: Path, *services: str) -> Plan:
    folder.mkdir(exist_ok=True)
    return plan_of(folder, "services:\n" + "".join(services))


def _keys(plan: Plan, number: int, text: str | None = None) -> tuple[str | None, ...]:
    """Return what the proofs of a service's first SLO are shared by, with its rules as rendered or as given."""
    slo = plan.services[number].slos[0]
    shape = RulesShape(_rendered(plan, number) if text is None else text, names_of_slo(slo))
    return tuple(shape.key(one) for one in proof_texts(plan) if one.rules == slo.rules_path)


def _rendered(plan: Plan, number: int) -> str:
    return render(plan)[plan.services[number].slos[0].rules_path]


@pytest.fixture
def pair(tmp_path: Path) -> Plan:
    """Return two services whose objectives differ in every name."""
    return _plan(tmp_path, _service("apple", "red", EVENTS), _service("berry", "blue", EVENTS))


FILTERED = [
    "{availability: http, where: {handler: /%(n)s, method: GET}}",
    "{availability: http, where: {handler: '/%(n)s/{id}'}}",
    "{latency: http, threshold: 200ms, where: {handler: {not: /%(n)s}}}",
]


@pytest.mark.parametrize(
    "sli", [EVENTS, "{availability: http}", "{latency: http, threshold: 200ms}", *FILTERED]
)
def test_other_names_are_the_same_shape(sli: str, tmp_path: Path) -> None:
    plan = _plan(tmp_path, _service("apple", "red", sli), _service("berry", "blue", sli))
    first, second = _keys(plan, 0), _keys(plan, 1)
    assert first == second
    assert len(first) == 3
    assert None not in first
    assert _rendered(plan, 0) != _rendered(plan, 1)


@pytest.mark.parametrize(
    "other",
    [
        _service("berry", "blue", EVENTS).replace("99.9%", "99.8%"),
        _service("berry", "blue", EVENTS).replace("30d", "28d"),
        _service("berry", "blue", EVENTS).replace('{handler="/berry"}', ""),
        _service("berry", "blue", EVENTS, further=", labels: {tier: gold}"),
        _service("berry", "blue", EVENTS, further=", alerting: {idle: 1h}"),
        _service("berry", "blue", "{availability: http}"),
        _service("berry", "blue", FILTERED[0]),
        # A name that a decoy has too.
        _service("berry", "others", EVENTS),
    ],
)
def test_another_meaning_is_another_shape(other: str, tmp_path: Path) -> None:
    plan = _plan(tmp_path, _service("apple", "red", EVENTS), other)
    first, second = _keys(plan, 0), _keys(plan, 1)
    assert None not in first
    assert all(two is None or one != two for one, two in zip(first, second, strict=True))


@pytest.mark.parametrize(
    ("team", "slo"), [("%s", ""), ("red", "%s"), ("failed", "")], ids=["team", "objective", "value"]
)
def test_two_names_that_are_one_get_their_own_proof(team: str, slo: str, tmp_path: Path) -> None:
    both = (
        _service(name, team.replace("%s", name), EVENTS, slo=slo.replace("%s", name))
        for name in ("apple", "berry")
    )
    plan = _plan(tmp_path, *both)
    # The text does not say which of the two is meant.
    assert set(_keys(plan, 0)) == set(_keys(plan, 1)) == {None}


def test_no_change_of_a_rule_keeps_the_shape(pair: Plan) -> None:
    text = _rendered(pair, 1)
    mutants = list(mutants_of(Path("berry.yml"), text))
    assert len(mutants) > 200
    same = [one.words for one in mutants if set(_keys(pair, 1, one.text)) & set(_keys(pair, 0))]
    assert same == []


def _swaps(text: str) -> Iterator[tuple[str, str]]:
    """Yield the text with one name at one place replaced by another: of this objective, or of the other one."""
    names = ("berry-berry-slo", "berry-slo", "berry_total", "berry", "blue", "failed", "BerryBerrySlo")
    others = ("apple-apple-slo", "apple-slo", "apple_total", "apple", "red", "ok", "AppleAppleSlo")
    token = re.compile("|".join(names))
    comment = re.compile(
        r" *#| {10}[a-z_]+: .*\{\{| {10}(?:summary|description|runbook_(?:url|path)|dashboard_url|traces_url|query):"
    )
    start = 0
    for line in text.splitlines(keepends=True):
        if not comment.match(line):
            for match in token.finditer(line):
                at, end = start + match.start(), start + match.end()
                for name in (*names, *others):
                    if name != match[0]:
                        yield f"{line.strip()}: {match[0]} -> {name}", text[:at] + name + text[end:]
        start += len(line)


def test_a_name_in_the_wrong_place_is_found_wherever_it_is(pair: Plan) -> None:
    expected = set(_keys(pair, 0))
    swaps = list(_swaps(_rendered(pair, 1)))
    assert len(swaps) > 2000
    names = names_of_slo(pair.services[1].slos[0])
    proof = next(one for one in proof_texts(pair) if one.rules == pair.services[1].slos[0].rules_path)
    assert RulesShape(_rendered(pair, 1), names).key(proof) in expected
    assert [words for words, text in swaps if RulesShape(text, names).key(proof) in expected] == []


def test_two_names_exchanged_everywhere_are_another_shape(pair: Plan) -> None:
    text = _rendered(pair, 1)
    exchanged = re.sub(r"\b(blue|berry)\b", lambda m: {"blue": "berry", "berry": "blue"}[m[0]], text)
    assert exchanged != text
    assert not set(_keys(pair, 1, exchanged)) & set(_keys(pair, 0))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # What makes a result depend on how things are called, or hides a name from this reader.
        ("sum(increase(", "topk by (handler) (1, increase("),
        ('handler="/berry"', "handler='/berry'"),
        ('handler="/berry"', 'handler="\\x2fberry"'),
        # The same text twice, which is a name of one of them.
        ('handler="/berry"', 'handler="\\x61pple"'),
        ('handler="/berry"', "handler='/apple'"),
        ('berry_total{handler="/berry"', '{__name__="berry",handler="/berry"'),
        ('handler="/berry"', 'handler=~"/b.*"'),
        ('berry_total{handler="/berry"', '{__name__="berry_total",handler="/berry"'),
        ("sum(increase(berry_total{", "sum(label_replace(increase(berry_total{"),
        ("          team: blue", "          team: {x: blue}"),
        ("          team: blue", '          team: "{{ $labels.service }}"'),
        ("        labels:\n", "        labels: &anchor\n"),
        ("        expr: |-\n", "        expr: >-\n"),
    ],
)
def test_what_the_reader_does_not_know_is_its_own_shape(old: str, new: str, tmp_path: Path) -> None:
    plan = _plan(tmp_path, _service("apple", "red", EVENTS), _service("berry", "blue", EVENTS))
    both = []
    for number, (name, team) in enumerate((("apple", "red"), ("berry", "blue"))):
        before, after = (part.replace("berry", name).replace("blue", team) for part in (old, new))
        text = _rendered(plan, number)
        assert before in text
        both.append(_keys(plan, number, text.replace(before, after)))
    assert all(one is None or one != two for one, two in zip(*both, strict=True))


def test_a_metric_that_is_read_under_another_name_too_is_its_own_shape(pair: Plan) -> None:
    text = _rendered(pair, 1).replace(
        "sum(increase(berry_total{", "sum(berry_total) + sum(increase(berry_total{"
    )
    assert set(_keys(pair, 1, text)) == {None}


def test_comments_and_texts_for_people_do_not_count(pair: Plan) -> None:
    text = re.sub(r"# .*", "# something else", _rendered(pair, 1))
    text = re.sub(r"          summary: .*", "          summary: something else", text)
    assert _keys(pair, 1, text) == _keys(pair, 0)


def test_threshold_alerts_of_services_share_their_proofs(pair: Plan) -> None:
    keys = []
    for service in pair.services:
        text = render(pair)[service.alerts_path]
        proof = next(one for one in proof_texts(pair) if one.rules == service.alerts_path)
        keys.append(RulesShape(text, names_of_alerts(service)).key(proof))
        assert RulesShape(text.replace("for: ", "for: 1"), names_of_alerts(service)).key(proof) != keys[-1]
    assert keys[0] == keys[1]
    assert keys[0] is not None


@pytest.mark.parametrize("handler", ["[/%(n)s, /pay]", "{not: [/%(n)s, /pay]}"])
def test_routes_in_a_pattern_are_no_names(handler: str, tmp_path: Path) -> None:
    sli = f"{{availability: http, where: {{handler: {handler}}}}}"
    plan = _plan(tmp_path, _service("apple", "red", sli), _service("berry", "blue", sli))
    assert not set(_keys(plan, 0)) & set(_keys(plan, 1))


@pytest.mark.parametrize("sli", FILTERED)
def test_a_route_in_the_wrong_place_is_another_shape(sli: str, tmp_path: Path) -> None:
    plan = _plan(tmp_path, _service("apple", "red", sli), _service("berry", "blue", sli))
    text, wanted = _rendered(plan, 1), set(_keys(plan, 0))
    # Not in the query of a text for people.
    places = [match.start() for match in re.finditer('(?m)^ +(?! |query:).*handler!?="/berry', text)]
    assert len(places) > 1
    for at in places:
        for other in ("/apple", "/berry/decoy", "/other", "/proof"):
            changed = text[:at] + text[at:].replace("/berry", other, 1)
            assert not set(_keys(plan, 1, changed)) & wanted, (at, other)
