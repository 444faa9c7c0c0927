"""Receivers without a secret go to the local sinks, the others stay as they are, and no secret is copied about."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.loading import load_plan, load_spec
from watchkeeper.model.notify import Email, PagerDuty, Slack, Webhook
from watchkeeper.pipeline import render_files
from watchkeeper.publish import publish
from watchkeeper.stack.alertmanager_override import missing_secret_remarks, override_for, redirect_remarks
from watchkeeper.stack.configuration import (
    AlertmanagerOverride,
    alertmanager_view,
    missing_secret,
    native_addresses,
    native_target_file,
    prometheus_view,
)
from watchkeeper.stack.folder_sync import Copy, Link, Text, sync_folder
from watchkeeper.stack.redirect import Sinks, redirect, redirect_all

SINKS = Sinks(http="127.0.0.1:9199", smtp="127.0.0.1:1025")
SPEC = """\
version: watchkeeper/v1
service: checkout
targets: ["checkout:8000", "checkout:8001"]
labels: {tier: gold}
alerts:
  - {preset: service_down, severity: critical}
  - {preset: error_ratio, above: 5%, severity: warning, name: HighErrorRate}
  - {preset: error_ratio, above: 1%, severity: info, name: SomeErrors}
notify:
  receivers:
    pagerduty: {routing_key_file: secrets/pagerduty_key}
    slack: {webhook_file: secrets/slack_webhook, channel: "#incidents"}
    email:
      to: oncall@example.com
      from: watchkeeper@example.com
      smarthost: smtp.example.com:587
      auth_username: watchkeeper@example.com
      auth_password_file: secrets/smtp_password
    hook: {type: webhook, url_file: /etc/hook_url}
  routes: {critical: [pagerduty, slack], warning: [slack, email], info: [hook]}
stack: {demo: checkout}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """Write the spec, and its render beside it."""
    path = tmp_path / "monitoring" / "SLO_DEFINITIONS.yml"
    path.parent.mkdir()
    path.write_text(SPEC, encoding="utf-8")
    publish(render_files(load_plan(path)), tmp_path)
    return path


def put_secret(root: Path, name: str, content: str = "the real one") -> None:
    file = root / "monitoring/alertmanager/secrets" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(content, encoding="utf-8")


def override_of(spec: Path) -> AlertmanagerOverride | None:
    return override_for(load_spec(spec)[0], spec, SINKS)


def test_a_proxy_is_not_asked_for_the_local_sinks(spec: Path, amtool: str) -> None:
    spec.write_text(SPEC.replace("  routes:", "  proxy_url: http://proxy:3128\n  routes:"), encoding="utf-8")
    put_secret(spec.parents[1], "slack_webhook")
    found = override_of(spec)
    assert found is not None
    config = yaml.safe_load(found.config)
    (critical,) = (one for one in config["receivers"] if one["name"] == "critical")
    assert "http_config" not in critical["slack_configs"][0]
    assert "proxy_url" not in critical["pagerduty_configs"][0]["http_config"]
    published = spec.parent / "alertmanager" / "alertmanager.yml"
    published.write_text(found.config, encoding="utf-8")
    done = subprocess.run(
        [amtool, "check-config", str(published)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_each_kind_of_receiver_without_its_secret_is_pointed_to_the_sinks(spec: Path) -> None:
    redirected = redirect(load_spec(spec)[0].notify, SINKS, exists=lambda _: False)
    local = {receiver.name: receiver.integration for receiver in redirected.notify.receivers}
    assert redirected.receivers == ("pagerduty", "slack", "email", "hook")
    assert local["pagerduty"] == PagerDuty(
        routing_key_file="local/pagerduty",
        url="http://127.0.0.1:9199/pagerduty/v2/enqueue?receiver=pagerduty",
    )
    assert local["slack"] == Slack(webhook_file="local/slack", channel="#incidents")
    assert local["hook"] == Webhook(url_file="local/hook")
    assert local["email"] == Email(
        to="oncall@example.com",
        sender="watchkeeper@example.com",
        smarthost="127.0.0.1:1025",
        auth_username=None,
        auth_password_file=None,
        require_tls=False,
    )
    assert dict(redirected.files) == {
        "local/pagerduty": "local-sink\n",
        "local/slack": "http://127.0.0.1:9199/slack/local?receiver=slack\n",
        "local/hook": "http://127.0.0.1:9199/webhook/local?receiver=hook\n",
    }


def test_a_receiver_whose_secret_is_there_is_left_alone(spec: Path) -> None:
    notify = load_spec(spec)[0].notify
    redirected = redirect(notify, SINKS, exists=lambda path: path == "secrets/slack_webhook")
    assert "slack" not in redirected.receivers
    assert redirected.notify.receivers[1] == notify.receivers[1]
    assert redirected.notify.routes == notify.routes


def test_a_drill_diverts_everybody_even_where_secrets_are_there(spec: Path) -> None:
    redirected = redirect_all(load_spec(spec)[0].notify, SINKS)
    assert redirected.receivers == ("pagerduty", "slack", "email", "hook")
    assert "smtp.example.com" not in repr(redirected.notify)


def test_with_every_secret_there_alertmanager_runs_on_the_rendered_file(spec: Path, tmp_path: Path) -> None:
    hook = tmp_path / "hook_url"
    hook.write_text("http://example.com/")
    spec.write_text(SPEC.replace("/etc/hook_url", str(hook)), encoding="utf-8")
    for name in ("pagerduty_key", "slack_webhook", "smtp_password"):
        put_secret(tmp_path, name)
    assert override_of(spec) is None
    view = alertmanager_view(tmp_path, load_plan(spec), None, container=False)
    rendered = tmp_path / "monitoring/alertmanager"
    assert view["alertmanager.yml"] == Link(rendered / "alertmanager.yml")
    assert view["secrets/slack_webhook"] == Link(rendered / "secrets/slack_webhook")
    assert str(hook) not in view


def test_an_overlay_names_the_stand_ins_and_keeps_the_secrets_that_are_there(
    spec: Path, tmp_path: Path
) -> None:
    put_secret(tmp_path, "slack_webhook")
    override = override_of(spec)
    assert override is not None
    assert override.receivers == ("pagerduty", "email", "hook")
    assert "routing_key_file: local/pagerduty" in override.config
    assert "api_url_file: secrets/slack_webhook" in override.config
    assert "smtp.example.com" not in override.config
    folder = tmp_path / "view"
    folder.mkdir()
    sync_folder(folder, alertmanager_view(tmp_path, load_plan(spec), override, container=False))
    assert (folder / "local/pagerduty").stat().st_mode & 0o777 == 0o600
    assert (folder / "secrets/slack_webhook").is_symlink()
    assert (folder / "templates/watchkeeper.tmpl").is_symlink()
    assert not (folder / "local/slack").exists()


def test_the_rendered_file_itself_is_never_changed_by_an_overlay(spec: Path, tmp_path: Path) -> None:
    rendered = (tmp_path / "monitoring/alertmanager/alertmanager.yml").read_bytes()
    assert override_of(spec) is not None
    assert (tmp_path / "monitoring/alertmanager/alertmanager.yml").read_bytes() == rendered
    assert b"local/" not in rendered


def test_a_container_gets_copies_since_links_would_lead_out_of_it(spec: Path, tmp_path: Path) -> None:
    put_secret(tmp_path, "slack_webhook")
    override = override_of(spec)
    assert override is not None
    view = alertmanager_view(tmp_path, load_plan(spec), override, container=True)
    secret = tmp_path / "monitoring/alertmanager/secrets/slack_webhook"
    assert view["secrets/slack_webhook"] == Copy(secret)
    # Its user is neither root nor the owner, and must read the stand-ins.
    assert view["local/pagerduty"] == Text("local-sink\n", mode=0o644)
    assert not any(isinstance(entry, Link) for entry in view.values())


def test_the_user_is_told_once_for_each_receiver_which_file_is_missing(spec: Path, tmp_path: Path) -> None:
    put_secret(tmp_path, "slack_webhook")
    lines = redirect_remarks(override_of(spec), load_spec(spec)[0].notify)
    assert lines[0] == (
        "pagerduty: monitoring/alertmanager/secrets/pagerduty_key is missing, so its notifications go to the local sinks"
    )
    assert len(lines) == 3
    assert len(missing_secret_remarks(tmp_path, load_plan(spec))) == 3


def test_secrets_of_the_plan_are_the_paths_of_the_spec(spec: Path, tmp_path: Path) -> None:
    assert load_plan(spec).routing.secret_files == (
        "/etc/hook_url",
        "secrets/pagerduty_key",
        "secrets/slack_webhook",
        "secrets/smtp_password",
    )
    assert missing_secret(tmp_path, "secrets/slack_webhook")
    put_secret(tmp_path, "slack_webhook")
    assert not missing_secret(tmp_path, "secrets/slack_webhook")


def test_native_targets_have_addresses_of_this_machine_and_the_rendered_labels(
    spec: Path, tmp_path: Path
) -> None:
    view = prometheus_view(tmp_path, load_plan(spec))
    rendered = tmp_path / "monitoring/prometheus"
    assert view["prometheus.yml"] == Link(rendered / "prometheus.yml")
    assert view["alerts"] == Link(rendered / "alerts")
    files = {path: json.loads(entry.content) for path, entry in view.items() if isinstance(entry, Text)}
    assert files == {
        "targets/services/checkout.json": [{"targets": ["127.0.0.1:8000"], "labels": {"tier": "gold"}}],
        "targets/alertmanagers.json": [{"targets": ["127.0.0.1:9093"]}],
        "targets/stack/prometheus.json": [{"targets": ["127.0.0.1:9090"]}],
        "targets/stack/alertmanager.json": [{"targets": ["127.0.0.1:9093"]}],
        "targets/stack/jaeger.json": [{"targets": ["127.0.0.1:8888"]}],
        "targets/stack/jaeger-spans.json": [{"targets": ["127.0.0.1:8889"]}],
        "targets/stack/grafana.json": [],
    }


def test_every_rendered_target_file_has_its_native_addresses(spec: Path, tmp_path: Path) -> None:
    folder = tmp_path / "monitoring/prometheus/targets"
    rendered = {path.relative_to(folder).as_posix() for path in folder.rglob("*.json")}
    assert set(native_addresses(load_plan(spec))) == rendered


def test_a_target_file_keeps_what_it_says_of_its_targets() -> None:
    rendered = '[{"targets": ["a:1", "b:2"], "labels": {"zone": "eu"}}]'
    moved = json.loads(native_target_file(rendered, ("127.0.0.1:1", "127.0.0.1:2")))
    assert moved == [{"targets": ["127.0.0.1:1", "127.0.0.1:2"], "labels": {"zone": "eu"}}]
