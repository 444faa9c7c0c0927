"""How one receiver's server is reached: in alertmanager.yml, in the folders and pages of secrets, and while a file is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.certificates import Authority
from tests.loading import load_plan, load_spec
from watchkeeper.drill.receivers.proven import settings_hash
from watchkeeper.pipeline import render_files, render_target
from watchkeeper.secret_files.inspect_files import inspect
from watchkeeper.stack.alertmanager_override import override_for, redirect_remarks
from watchkeeper.stack.redirect import Sinks

SPEC = """\
version: watchkeeper/v1
service: shop
alerts: [{preset: service_down, severity: critical}]
notify:
  receivers:
    hook:
      type: webhook
      url_file: secrets/hook
      http:
        tls: {ca_file: secrets/ca.crt, cert_file: secrets/own.crt, key_file: secrets/own.key, server_name: gw.example.com}
        bearer_token_file: secrets/token
    chat: {type: slack, webhook_file: secrets/chat, channel: "#a", http: {follow_redirects: false}}
    far: {type: msteamsv2, webhook_file: secrets/far, http: {proxy_url: "http://other.example.com:1", no_proxy: [.internal]}}
  routes: {critical: [hook, chat, far]}
"""
PROXY = "  proxy_url: http://proxy.example.com:3128\n  no_proxy: [10.0.0.0/8]\n"
HERE = "localhost,127.0.0.1,::1"
TLS = {
    "ca_file": "secrets/ca.crt",
    "cert_file": "secrets/own.crt",
    "key_file": "secrets/own.key",
    "server_name": "gw.example.com",
}


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    (tmp_path / "spec.yml").write_text(SPEC)
    return tmp_path / "spec.yml"


def _settings(spec: Path) -> dict[str, Any]:
    document = yaml.safe_load(render_files(load_plan(spec))["monitoring/alertmanager/alertmanager.yml"])
    critical = next(one for one in document["receivers"] if one["name"] == "critical")
    return {key: configs[0]["http_config"] for key, configs in critical.items() if key != "name"}


def test_each_receiver_has_its_settings(spec: Path) -> None:
    found = _settings(spec)
    assert found["webhook_configs"] == {
        "tls_config": TLS,
        "authorization": {"credentials_file": "secrets/token"},
        "follow_redirects": True,
    }
    assert found["slack_configs"] == {"follow_redirects": False}
    assert found["msteamsv2_configs"] == {
        "follow_redirects": True,
        "proxy_url": "http://other.example.com:1",
        "no_proxy": f"{HERE},.internal",
    }


def test_settings_of_one_receiver_keep_the_proxy_of_all(spec: Path) -> None:
    spec.write_text(SPEC + PROXY)
    found = _settings(spec)
    of_all = {"proxy_url": "http://proxy.example.com:3128", "no_proxy": f"{HERE},10.0.0.0/8"}
    assert found["slack_configs"] == {"follow_redirects": False, **of_all}
    assert found["msteamsv2_configs"]["proxy_url"] == "http://other.example.com:1"
    spec.write_text(f"{SPEC}  proxy_from_environment: true\n")
    assert _settings(spec)["slack_configs"] == {"follow_redirects": False, "proxy_from_environment": True}


def test_its_files_are_treated_as_the_secrets_are(spec: Path) -> None:
    plan = load_plan(spec)
    own = {"secrets/ca.crt", "secrets/own.crt", "secrets/own.key", "secrets/token"}
    assert own < set(plan.routing.secret_files)
    page = render_files(plan)["monitoring/alertmanager/secrets/README.md"]
    assert all(f"`{path}`" in page for path in own)
    objects = "\n".join(render_target(plan, "operator").values())
    assert "ca_file: /etc/alertmanager/secrets/" in objects
    assert "credentials_file: /etc/alertmanager/secrets/" in objects


def test_a_receiver_without_its_certificate_goes_to_the_sinks(spec: Path) -> None:
    folder = spec.parent / "monitoring" / "alertmanager" / "secrets"
    folder.mkdir(parents=True)
    for name in ("hook", "own.crt", "own.key", "token", "chat", "far"):
        (folder / name).write_text("https://example.com/x\n")
    override = override_for(load_spec(spec)[0], spec, Sinks("127.0.0.1:1", "127.0.0.1:2"))
    assert override is not None
    assert override.receivers == ("hook",)
    assert "ca.crt" not in override.config
    (remark,) = redirect_remarks(override, load_spec(spec)[0].notify)
    assert remark.startswith("hook: monitoring/alertmanager/secrets/ca.crt is missing")


def test_secrets_check_reads_its_certificates_and_tokens(spec: Path) -> None:
    folder = spec.parent / "monitoring" / "alertmanager" / "secrets"
    authority = Authority(folder)
    for name in ("own", "other"):
        authority.pair(name, "shop.example.com")
    (folder / "other.key").replace(folder / "own.key")
    (folder / "token").write_text("two\nlines\n")
    found = {
        one.path.rpartition("/")[2]: one for one in inspect(load_spec(spec)[0], spec.parent, mode="native")
    }
    assert found["ca.crt"].faults == ()
    assert found["own.key"].readers == ("hook",)
    assert [fault.name for fault in found["token"].faults] == ["lines"]
    assert len(found["own.key"].faults) == 1


def test_changed_settings_of_http_end_a_proof_and_none_leave_old_proofs_valid(spec: Path) -> None:
    hook, chat, _ = load_spec(spec)[0].notify.receivers
    assert settings_hash(chat) != settings_hash(replace(chat, http=None))
    assert hook.http is not None
    assert settings_hash(hook) != settings_hash(replace(hook, http=replace(hook.http, username="a")))
