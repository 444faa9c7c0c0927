"""`watchkeeper diff` says in words what changes between two specs, and nothing for comments and order."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from watchkeeper.cli import main

SPEC = """\
version: watchkeeper/v1
service: checkout
team: payments
targets: [checkout:8000]
slos:
  - {name: availability, objective: 99.9%, window: 30d, sli: {availability: http}}
  - {name: latency, objective: 95%, window: 7d, sli: {latency: http, threshold: 250ms}}
alerts:
  - {preset: service_down, for: 2m, severity: critical}
  - {preset: error_ratio, above: 5%, for: 5m, severity: critical}
notify:
  receivers:
    chat: {type: slack, webhook_file: secrets/chat, channel: "#shop"}
    pager: {type: pagerduty, routing_key_file: secrets/pager}
  routes: {critical: [pager, chat], warning: [chat]}
"""
# The same with its keys and entries in another order, and comments.
TURNED = """\
# what the shop promises
version: watchkeeper/v1
notify:
  routes: {warning: [chat], critical: [chat, pager]}
  receivers:
    pager: {routing_key_file: secrets/pager, type: pagerduty}
    chat: {type: slack, channel: "#shop", webhook_file: secrets/chat}
alerts:
  - {preset: error_ratio, above: 5%, for: 300s, severity: critical, min_events: 3}
  - {severity: critical, preset: service_down, for: 2m}
slos:
  - {name: latency, objective: 95%, window: 7d, sli: {latency: http, threshold: 0.25s}}
  - {name: availability, objective: 0.999, window: 30d, sli: {availability: http}}   # as agreed
targets: ["checkout:8000"]
service: checkout
team: payments
"""


def _diff(
    folder: Path, old: str, new: str, capsys: pytest.CaptureFixture[str], *flags: str
) -> tuple[int, str]:
    for name, text in (("old.yml", old), ("new.yml", new)):
        (folder / name).write_text(text)
    code = main(["diff", str(folder / "old.yml"), str(folder / "new.yml"), *flags])
    return code, capsys.readouterr().out


def test_comments_order_and_written_defaults_are_no_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _diff(tmp_path, SPEC, SPEC.replace("0.25s", "250ms"), capsys)[0] == 0
    turned = TURNED.replace("0.25s", "250ms").replace("0.999", "99.90%")
    assert _diff(tmp_path, SPEC, turned, capsys) == (0, "no difference in meaning\n")


def test_another_objective_has_another_budget_and_pages_later(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = _diff(tmp_path, SPEC, SPEC.replace("99.9%", "99.5%"), capsys)
    assert code == 1
    assert (
        out
        == """\
Objectives
  checkout-availability
    objective 99.9% -> 99.5%
    budget 43m12s -> 3h36m of total outage at steady traffic
    CheckoutAvailabilityFastBurn comes 3m27s later while everything fails: 1m44s -> 5m12s
    CheckoutAvailabilityFastBurn comes 34m34s later while 10% fails: 9m31s -> 44m4s
    CheckoutAvailabilityFastBurn no longer fires while 1% fails; it did after 3h36m
    CheckoutAvailabilitySlowBurn comes 17m17s later while everything fails: 7m42s -> 24m58s
    CheckoutAvailabilitySlowBurn comes 2h52m later while 10% fails: 46m34s -> 3h39m
    CheckoutAvailabilitySlowBurn comes 1d4h later while 1% fails: 7h15m -> 1d12h
"""
    )


def test_what_changes_for_people_is_counted_by_receiver(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = SPEC.replace("above: 5%, for: 5m, severity: critical", "above: 10%, for: 2m, severity: warning")
    code, out = _diff(tmp_path, SPEC, new, capsys)
    assert code == 1
    assert (
        out
        == """\
Alerts
  checkout/HighErrorRate
    severity critical -> warning
    above 5% -> 10%
    window 5m -> 2m
    for 5m -> 2m: comes 3m sooner
    no longer notifies pager
    the first notification waits 30s, before: 10s
    notifies again every 12h, before: 1h
    ServiceDown inhibits it

Who is notified
  1 alert fewer reaches pager: checkout/HighErrorRate

Cost for Prometheus, with 200 series a selector
  samples read by an evaluation: 29,771 -> 22,571
"""
    )


def test_new_and_gone_entries_are_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = "\n".join(
        line for line in SPEC.splitlines() if "latency" not in line and "error_ratio" not in line
    )
    code, out = _diff(tmp_path, SPEC, kept, capsys, "--format", "json")
    found = json.loads(out)
    assert (code, found["differs"]) == (1, True)
    subjects = [(one["section"], one["kind"], one["subject"]) for one in found["changes"]]
    assert subjects[:3] == [
        ("objectives", "removed", "checkout-latency"),
        ("alerts", "removed", "checkout/HighErrorRate"),
        ("alerts", "removed", "checkout/CheckoutLatencyFastBurn"),
    ]
    assert "settings" not in {section for section, _, _ in subjects}
    assert [one["text"] for one in found["changes"] if one["subject"] == "pager"] == [
        "2 alerts fewer reach pager: checkout/HighErrorRate, checkout/CheckoutLatencyFastBurn"
    ]


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ("checkout:8000", "checkout:8001", "services.checkout.targets: checkout:8000 -> checkout:8001"),
        ("window: 7d", "window: 14d", "window 7d -> 14d"),
        ("window: 7d", "window: month", "window 7d -> a calendar month (UTC)"),
        (
            "window: 7d,",
            "window: 7d, by: [handler],",
            "one budget -> a budget for each handler, of at most 50 values",
        ),
        ("#shop", "#shops", "notify.receivers.chat.integration.channel: #shop -> #shops"),
        ("threshold: 250ms", "threshold: 500ms", "other events count, or count as bad"),
        ("team: payments", "team: shops", "services.checkout.team: payments -> shops"),
        (
            "preset: service_down,",
            "preset: service_down, description: Wake up.,",
            "description:  -> Wake up.",
        ),
        ("sli: {availability: http}", "sli: {availability: http, downtime: gap}", "sli.downtime: bad -> gap"),
        (
            "name: availability,",
            "name: availability, expected_traffic: 10,",
            "slos.availability.expected_traffic: none -> 10",
        ),
        (
            "window: 30d,",
            "window: 30d, alerting: {budget: {25%: warning}},",
            "added: checkout/CheckoutAvailabilityBudgetBelow25Percent: warning, for chat",
        ),
        (
            "  routes: {critical: [pager, chat]",
            "  mute: [{name: nights, times: ['22:00-06:00'], location: Europe/Berlin}]\n  routes: {critical: [pager, chat]",
            "notifies not during nights (22:00-06:00 Europe/Berlin); before: at any hour",
        ),
    ],
)
def test_each_change_has_words(
    before: str, after: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert before in SPEC
    code, out = _diff(tmp_path, SPEC, SPEC.replace(before, after), capsys)
    assert code == 1
    assert text in out, out


def test_a_comment_of_a_merge_request_shows_the_text_of_users_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = SPEC.replace("#shop", "#shop_a|*b*")
    code, out = _diff(tmp_path, SPEC, new, capsys, "--format", "md")
    assert code == 1
    assert out.splitlines()[2:] == [
        "**Settings**",
        "",
        r"- `notify.receivers.chat.integration.channel`: \#shop -\> #shop_a\|\*b\*",
    ]


def test_problems_of_both_specs_come_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, objective in (("old.yml", "100%"), ("new.yml", "much")):
        (tmp_path / name).write_text(SPEC.replace("99.9%", objective))
    assert main(["diff", str(tmp_path / "old.yml"), str(tmp_path / "new.yml")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "old.yml:6:" in captured.err
    assert "new.yml:6:" in captured.err


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with two revisions of a spec that includes a file; it is the working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    for name, value in (("NAME", "me"), ("EMAIL", "me@example.com")):
        monkeypatch.setenv(f"GIT_AUTHOR_{name}", value)
        monkeypatch.setenv(f"GIT_COMMITTER_{name}", value)
    (tmp_path / "monitoring").mkdir()
    (tmp_path / "teams").mkdir()
    head, _, tail = SPEC.partition("service: checkout")
    service, _, notify = f"service: checkout{tail}".partition("notify:")
    Path("monitoring/SLO_DEFINITIONS.yml").write_text(f"{head}include: [../teams/*.yml]\nnotify:{notify}")
    Path("teams/payments.yml").write_text(service)
    _git("init", "--quiet", "-b", "main")
    _commit("one")
    Path("teams/payments.yml").write_text(service.replace("99.9%", "100%"))
    _commit("two")
    Path("teams/payments.yml").write_text(service.replace("99.9%", "99%"))
    return tmp_path


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, capture_output=True)


def _commit(message: str) -> None:
    _git("add", ".")
    _git("commit", "--quiet", "-m", message)


def test_a_revision_has_the_files_that_its_spec_includes(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", "HEAD~1"]) == 1
    assert "objective 99.9% -> 99%" in capsys.readouterr().out
    assert main(["diff", "HEAD~1", "main~1"]) == 0


def test_a_mistake_in_a_revision_has_its_place_there(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", "HEAD"]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("HEAD:teams/payments.yml:")
    assert "watchkeeper-diff-" not in captured.err


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["HEAD~9"], "HEAD~9: neither a file nor a revision of git"),
        (["-x"], "-x: neither a file nor a revision of git"),
        (
            ["HEAD~1:old.yml", "monitoring/SLO_DEFINITIONS.yml"],
            "HEAD~1 has no file old.yml; name another one as HEAD~1:PATH",
        ),
        (["HEAD", "--spec", "other.yml"], "HEAD has no file other.yml; name another one as HEAD:PATH"),
    ],
)
def test_a_revision_that_is_none_is_one_line(
    arguments: list[str], line: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", "--", *arguments] if arguments[0] == "-x" else ["diff", *arguments]) == 2
    assert line in capsys.readouterr().err.splitlines()[0]


def test_outside_of_a_repository_files_are_needed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "new.yml").write_text(SPEC)
    assert main(["diff", "HEAD", "new.yml"]) == 2
    assert f"{tmp_path} is in no git repository" in capsys.readouterr().err
