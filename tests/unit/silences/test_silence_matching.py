"""Matchers as people write them, the alerts that they meet, and what is said when they meet none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.loading import load_plan
from watchkeeper.alertmanager_api import Matcher
from watchkeeper.plan.plan import Plan
from watchkeeper.silences.candidates import Candidate, planned_candidates
from watchkeeper.silences.deploy import deploy_silences, still_paging
from watchkeeper.silences.matcher_text import BadMatcher, read_matcher
from watchkeeper.silences.near import near_misses
from watchkeeper.silences.wanted import Arguments, Unusable, read_wanted

SPEC = Path(__file__).resolve().parents[3] / "monitoring" / "SLO_DEFINITIONS.yml"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan(SPEC)


@pytest.fixture(scope="module")
def known(plan: Plan) -> tuple[Candidate, ...]:
    return planned_candidates(plan)


def _read(*texts: str) -> tuple[Matcher, ...]:
    return tuple(map(read_matcher, texts))


def _met(known: tuple[Candidate, ...], *texts: str) -> list[str]:
    return [one.name for one in known if one.is_muted_by(_read(*texts))]


@pytest.mark.parametrize(
    ("text", "matcher"),
    [
        ("ServiceDown", Matcher("alertname", "=", "ServiceDown")),
        ("service=shop", Matcher("service", "=", "shop")),
        (' service != "my shop" ', Matcher("service", "!=", "my shop")),
        ("severity=~warning|info", Matcher("severity", "=~", "warning|info")),
        ('severity!="a\\"b\\\\"', Matcher("severity", "!=", 'a"b\\')),
        ("slo_id=", Matcher("slo_id", "=", "")),
        ("a=b=c", Matcher("a", "=", "b=c")),
    ],
)
def test_a_matcher_is_read_as_people_write_it(text: str, matcher: Matcher) -> None:
    assert read_matcher(text) == matcher


@pytest.mark.parametrize("text", ["", "=x", "a b", "1a=b", 'a="b', "a=~(", "a=~[[:alpha:]]", "service shop"])
def test_what_is_no_matcher_is_refused_with_the_right_form(text: str) -> None:
    with pytest.raises(BadMatcher, match="write "):
        read_matcher(text)


def test_a_matcher_is_shown_as_it_can_be_written_again() -> None:
    odd = Matcher("a", "=", 'x"y\\z\nw')
    assert read_matcher(str(odd)) == odd


def test_matchers_meet_planned_alerts_by_all_labels_external_ones_too(known: tuple[Candidate, ...]) -> None:
    assert _met(known, "ServiceDown") == ["ServiceDown"]
    assert _met(known, "ServiceDown", "environment=production", "service=helloagents") == ["ServiceDown"]
    assert _met(known, "ServiceDown", "environment=staging") == []
    assert _met(known, "ServiceDown", "severity!=critical") == []
    assert "HighErrorRate" in _met(known, "severity=~crit.*")
    assert _met(known, "severity=~crit") == []
    # The label is missing, so it is empty.
    assert "HighErrorRate" in _met(known, "slo_id=")


def test_a_label_that_only_the_series_decide_may_match(known: tuple[Candidate, ...]) -> None:
    assert _met(known, "HighMemoryUsage", "instance=web-3:8000") == ["HighMemoryUsage"]
    # These are sums over all instances.
    assert _met(known, "HighErrorRate", "instance=web-3:8000") == []
    assert _met(known, "HelloagentsApiAvailabilityFastBurn", "instance=web-3:8000") == []
    assert Candidate({"alertname": "A"}, None).is_muted_by(_read("mountpoint=/"))
    assert not Candidate({"alertname": "A"}, None).is_muted_by(_read("alertname=B"))
    assert not Candidate({"alertname": "A", "instance": "web-1"}).is_muted_by(_read("instance=web-3"))


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (("ServicDown",), 'did you mean alertname="ServiceDown"?'),
        (("servicedown",), 'did you mean alertname="ServiceDown"?'),
        (("service=heloagents",), 'did you mean service="helloagents"?'),
        (("sevrity=critical",), "no alert has the label sevrity: did you mean severity?"),
        (("severity=page",), "severity is critical, warning"),
        (("qqq=1",), "alerts have alert_kind, alertname"),
        (("environment=~stag.*",), "environment is production"),
        (("HighErrorRate", "instance=a"), "none meets all: HighErrorRate of helloagents has no instance"),
        (
            ("ServiceDown", "severity=warning"),
            'none meets all: ServiceDown of helloagents has severity="critical"',
        ),
    ],
)
def test_a_miss_says_what_is_near(known: tuple[Candidate, ...], texts: tuple[str, ...], words: str) -> None:
    found = near_misses(_read(*texts), known, {})
    assert len(found) == 1
    assert words in found[0]


def test_a_label_by_which_others_scrape_a_service_leads_to_its_alerts(known: tuple[Candidate, ...]) -> None:
    services = {"shop": {"job": "web", "namespace": "shop"}, "search": {"job": "web", "namespace": "search"}}
    (found,) = near_misses(_read("namespace=shop"), known, services)
    assert found == 'no alert meets namespace="shop", a label of series: write service="shop"'
    (found,) = near_misses(_read("cluster_job=~w.b"), known, {n: {"cluster_job": "web"} for n in services})
    assert found.endswith('write service="shop", service="search"')
    (found,) = near_misses(_read("namespace=shpo"), known, services)
    assert found.endswith('write service="shop", service="search"')


@pytest.mark.parametrize(
    ("expr", "met"),
    [
        ("sum by (handler) (rate(http_requests_total[5m])) > 5", True),
        ("sum by (method) (rate(http_requests_total[5m])) > 5", False),
        ("sum(rate(http_requests_total[5m])) > 5", False),
        ("rate(http_requests_total[5m]) > 5", True),
    ],
)
def test_labels_of_an_expressions_series_are_those_that_it_returns(
    tmp_path: Path, expr: str, met: bool
) -> None:
    (tmp_path / "spec.yml").write_text(
        "version: watchkeeper/v1\nservice: shop\nsignals: [http]\ntargets: [shop:80]\n"
        f"alerts: [{{name: Own, expr: '{expr}', severity: info}}]\n"
    )
    known = planned_candidates(load_plan(tmp_path / "spec.yml"))
    assert _met(known, "Own", "handler=/pay") == (["Own"] if met else [])


@pytest.mark.parametrize(
    ("expr", "text", "met"),
    [
        ('rate(http_requests_total{handler="/pay"}[5m]) > 5', "handler=/pay", True),
        ('rate(http_requests_total{handler="/pay"}[5m]) > 5', "handler=/cart", False),
        ('rate(http_requests_total{handler="/pay"}[5m]) > 5', "handler=~/c.*", False),
        ('rate(http_requests_total{handler=~"/pay|/cart"}[5m]) > 5', "handler=/cart", True),
        ('rate(http_requests_total{handler=~"/pay|/cart"}[5m]) > 5', "handler=/list", False),
        ('rate(http_requests_total{handler=~"/pay|/cart"}[5m]) > 5', "handler=~/l.*", True),
        ('up{instance="a"} == 0 or http_requests_in_progress > 9', "instance=b", True),
        ('label_replace(up{job="shop"} == 0, "job", "b", "job", ".*")', "job=b", True),
    ],
)
def test_a_selector_limits_the_values_of_the_labels_of_its_series(
    tmp_path: Path, expr: str, text: str, met: bool
) -> None:
    spec = {"name": "Own", "expr": expr, "severity": "info"}
    (tmp_path / "spec.yml").write_text(
        "version: watchkeeper/v1\nservice: shop\nsignals: [http]\ntargets: [shop:80]\n"
        f"alerts: [{json.dumps(spec)}]\n"
    )
    known = planned_candidates(load_plan(tmp_path / "spec.yml"))
    assert ("Own" in _met(known, text)) == met


def test_every_matcher_that_misses_has_its_sentence(known: tuple[Candidate, ...]) -> None:
    assert len(near_misses(_read("ServicDown", "service=shop", "severity=critical"), known, {})) == 2
    assert near_misses(_read("A"), (), {}) == ("there are no alerts at all",)


def test_a_deployment_silences_warnings_and_burns_and_leaves_the_other_pages(
    plan: Plan, known: tuple[Candidate, ...]
) -> None:
    silences = deploy_silences(plan, "helloagents")
    muted = {one.name for one in known if any(one.is_muted_by(each) for each in silences)}
    left = [one.name for one in still_paging(plan, "helloagents", silences)]
    assert left == ["ServiceDown", "HighErrorRate", "VeryHighLatency"]
    assert muted == {one.name for one in known if one.labels["service"] == "helloagents"} - set(left)
    assert all(Matcher("environment", "=", "production") in each for each in silences)


def test_a_deployment_silences_critical_alerts_on_the_budget_too(tmp_path: Path) -> None:
    spec = SPEC.read_text().replace(
        "    objective: 99.5%\n",
        "    objective: 99.5%\n    alerting: {budget: {25%: critical}, exhausted_in: 24h}\n",
    )
    (tmp_path / "spec.yml").write_text(spec.replace("stack:\n", "stack:\n  cluster: eu-1\n"))
    plan = load_plan(tmp_path / "spec.yml")
    silences = deploy_silences(plan, "helloagents")
    assert all(Matcher("cluster", "=", "eu-1") in each for each in silences)
    assert _met(planned_candidates(plan), "ServiceDown", "cluster=us-1") == []
    left = still_paging(plan, "helloagents", silences)
    critical = [one for one in planned_candidates(plan) if one.labels["severity"] == "critical"]
    assert len([one for one in critical if "slo_id" in one.labels]) >= 4
    assert [one.name for one in left] == ["ServiceDown", "HighErrorRate", "VeryHighLatency"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (Arguments([], comment="x"), ["no matcher"]),
        (Arguments(["A"]), ["--comment is missing"]),
        (Arguments(["A"], comment="  "), ["--comment is missing"]),
        (Arguments(["A"], "soon", "x"), ["--duration: 'soon' is not a duration such as"]),
        (Arguments(["A"], "0s", "x"), ["--duration: 0s is no time"]),
        (
            Arguments(["A"], "31d", "x"),
            [
                "--duration: 31d is longer than 30d",
            ],
        ),
        (Arguments(["A"], service="helloagents"), ["--for-deploy has its own matchers"]),
        (Arguments([], service="heloagents"), ["did you mean helloagents?"]),
        (Arguments(["a b", "c="], "1x"), ["'a b' is not a matcher", "--duration", "--comment"]),
    ],
)
def test_everything_wrong_with_the_arguments_is_told_at_once(
    plan: Plan, given: Arguments, words: list[str]
) -> None:
    with pytest.raises(Unusable) as refused:
        read_wanted(given, plan)
    assert len(refused.value.lines) == len(words)
    for line, word in zip(refused.value.lines, words, strict=True):
        assert word in line


def test_defaults(plan: Plan) -> None:
    assert str(read_wanted(Arguments(["A"], comment="x"), plan).duration) == "1h"
    deploy = read_wanted(Arguments([], service="helloagents"), plan)
    assert (str(deploy.duration), deploy.comment) == ("15m", "deployment of helloagents")
    with pytest.raises(Unusable, match="needs the spec"):
        read_wanted(Arguments([], service="helloagents"), None)


_BY = """\
version: watchkeeper/v1
service: shop
signals: [http]
metrics: [{name: orders_total, type: counter, labels: [tenant, status]}]
slos:
  - {name: routes, objective: 99%, window: 7d, sli: {availability: http}, by: [handler]}
  - name: orders
    objective: 99%
    window: 7d
    sli: {events: {bad: 'orders_total{status="failed"}', total: orders_total}}
    by: {tenant: [acme, "globex.eu"]}
"""


def test_a_silence_of_one_value_of_an_objective_meets_its_alerts(tmp_path: Path) -> None:
    (tmp_path / "spec.yml").write_text(_BY)
    known = planned_candidates(load_plan(tmp_path / "spec.yml"))
    assert "ShopRoutesFastBurn" in _met(known, "handler=/pay")
    assert not any(name.startswith("ShopOrders") for name in _met(known, "handler=/pay"))
    # Alerts on the whole objective have no value.
    assert "ShopRoutesMetricMissing" in _met(known, "ShopRoutesMetricMissing")
    assert _met(known, "ShopRoutesMetricMissing", "handler=/pay") == []
    for value in ("acme", "globex.eu", "__other__"):
        assert "ShopOrdersSlowBurn" in _met(known, f"tenant={value}")
    # The spec lists all others.
    assert _met(known, "tenant=acmee") == _met(known, "tenant=globexxeu") == []
    (said,) = near_misses(_read("tenant=acmee"), known, {})
    assert said == 'no alert meets tenant="acmee": the series that alerts read have other values'
