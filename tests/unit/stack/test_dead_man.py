"""A dead-man's switch whose address is missing is not called, and the user learns it."""

from __future__ import annotations

from pathlib import Path

from tests.loading import load_spec
from watchkeeper.stack.alertmanager_override import override_for, redirect_remarks
from watchkeeper.stack.redirect import Sinks

SPEC = """version: watchkeeper/v1
service: shop
notify:
  receivers: {mail: {type: email, to: a@example.com, smarthost: "mail.example.com:25"}}
  routes: {critical: [mail], warning: [mail]}
  dead_man: {url_file: secrets/switch}
"""
SINKS = Sinks(http="127.0.0.1:1", smtp="127.0.0.1:2")


def test_a_switch_without_its_address_is_not_called(tmp_path: Path) -> None:
    path = tmp_path / "spec.yml"
    path.write_text(SPEC)
    spec, _ = load_spec(path)
    override = override_for(spec, path, SINKS)
    assert override is not None
    assert "secrets/switch" not in override.config
    (remark,) = redirect_remarks(override, spec.notify)
    assert remark.startswith("dead_man: monitoring/alertmanager/secrets/switch is missing")
    secret = tmp_path / "monitoring/alertmanager/secrets/switch"
    secret.parent.mkdir(parents=True)
    secret.write_text("http://127.0.0.1:1/")
    assert override_for(spec, path, SINKS) is None
