"""What the stack in containers needs from this machine: Docker, images, and secrets that its users can read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.loading import load_plan, load_spec
from watchkeeper.cli.text.up_text import summary
from watchkeeper.model.stack_access import Access
from watchkeeper.pipeline import render_files
from watchkeeper.publish import publish
from watchkeeper.secret_files.access_files import AccessFolder
from watchkeeper.stack.bring_up import UpResult
from watchkeeper.stack.choose_mode import choose_mode
from watchkeeper.stack.compose.compose_stack import ComposeStack
from watchkeeper.stack.compose.container_secrets import group_of_secrets, unreadable
from watchkeeper.stack.progress import Progress
from watchkeeper.stack.record import Record
from watchkeeper.stack.stack_error import StackError
from watchkeeper.stack.state import State
from watchkeeper.stack.view.endpoints import endpoints
from watchkeeper.stack.view.ready import Findings

SPEC = """\
version: watchkeeper/v1
service: checkout
alerts: [{preset: service_down, severity: critical}]
notify:
  receivers: {slack: {webhook_file: secrets/slack_webhook, channel: "#incidents"}}
  routes: {critical: [slack]}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """Write the spec, and its render beside it."""
    path = tmp_path / "monitoring" / "SLO_DEFINITIONS.yml"
    path.parent.mkdir()
    path.write_text(SPEC, encoding="utf-8")
    publish(render_files(load_plan(path)), tmp_path)
    return path


@pytest.mark.parametrize(("mode", "complaints"), [(0o600, 1), (0o640, 0), (0o604, 1), (0o644, 0)])
def test_a_secret_that_the_container_could_not_read_is_told_before_the_first_page(
    mode: int, complaints: int, spec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "monitoring/alertmanager/secrets/slack_webhook"
    secret.parent.mkdir(exist_ok=True)
    secret.write_text("http://example.com")
    secret.chmod(mode)
    monkeypatch.setenv("WATCHKEEPER_SECRETS_GID", str(secret.stat().st_gid))
    lines = unreadable(tmp_path, load_plan(spec))
    assert len(lines) == complaints
    assert all("secrets/slack_webhook is not readable in the container" in line for line in lines)
    assert all("chmod 640" in line for line in lines)


def test_the_group_of_secrets_is_the_users_choice_or_his_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHKEEPER_SECRETS_GID", "4321")
    assert group_of_secrets() == 4321
    monkeypatch.delenv("WATCHKEEPER_SECRETS_GID")
    assert group_of_secrets() == (65534 if os.getuid() == 0 else os.getgid())


def test_without_docker_the_choice_is_native_and_the_user_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    program, remarks = choose_mode(tmp_path, mode="auto", before=None, progress=Progress())
    assert program is None
    assert remarks == ("no Docker engine answers: starting native processes instead of containers",)
    assert choose_mode(tmp_path, mode="native", before=None, progress=Progress()) == (None, ())
    with pytest.raises(StackError, match="no Docker engine answers: start it, or use"):
        choose_mode(tmp_path, mode="compose", before=None, progress=Progress())


def test_an_engine_that_does_not_answer_is_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    assert choose_mode(tmp_path, mode="auto", before=None, progress=Progress())[0] is None


def test_a_running_stack_stays_in_its_mode(spec: Path, tmp_path: Path) -> None:
    at = endpoints(load_plan(spec), mode="compose", sinks=False)
    running = Record(mode="compose", root=tmp_path, endpoints=at, compose=("docker-compose",))
    assert choose_mode(tmp_path, mode="auto", before=running, progress=Progress()) == (
        ("docker-compose",),
        (),
    )
    with pytest.raises(StackError, match=r"runs in compose mode: stop it with `watchkeeper down` first"):
        choose_mode(tmp_path, mode="native", before=running, progress=Progress())


def told(spec: Path, **changes: object) -> str:
    plan = load_plan(spec)
    known = {
        "mode": "native",
        "endpoints": endpoints(plan, mode="native", sinks=True),
        "started": True,
        "done": (),
        "remarks": (),
        "found": Findings(),
    }
    outcome = UpResult(**{**known, **changes})  # type: ignore[arg-type]
    return summary(outcome, load_spec(spec)[0], seconds=12.4, paint=lambda text, *_: text)


def test_the_end_of_up_tells_addresses_and_what_to_try_next(spec: Path) -> None:
    text = told(spec, remarks=("slack: goes to the local sinks",))
    assert text.startswith("The stack is up after 12s, as processes on this machine.\n")
    assert "  Prometheus    http://127.0.0.1:9090\n" in text
    assert "  Grafana       needs containers" in text
    assert "\n  slack: goes to the local sinks\n" in text
    assert "curl" not in text
    assert "watchkeeper down" in text


def test_the_end_of_up_for_the_demo_tells_how_to_break_it(spec: Path) -> None:
    spec.write_text(SPEC + "stack: {demo: checkout}\n")
    at = endpoints(load_plan(spec), mode="native", sinks=True)
    text = told(spec, endpoints=at)
    assert "curl -X POST http://127.0.0.1:8000/faults" in text
    assert "watchkeeper drill" in text
    spec.write_text(SPEC.replace("service_down,", "service_down, name: Gone,") + "stack: {demo: checkout}\n")
    assert "drill" not in told(spec, endpoints=at)


def test_the_end_of_up_is_honest_about_what_is_not_well(spec: Path) -> None:
    text = told(spec, found=Findings(("checkout: a:1 does not answer: refused",), ("rule X fails: boom",)))
    assert "Problems:\n  checkout: a:1 does not answer: refused\n  rule X fails: boom\n" in text


def test_a_second_up_tells_what_it_did_or_that_it_did_nothing(spec: Path) -> None:
    assert told(spec, started=False).startswith("The stack is already up")
    done = told(spec, started=False, done=("reloaded prometheus", "restarted demo"))
    assert "is up to date, as processes on this machine: reloaded prometheus, restarted demo." in done


def test_a_container_that_reads_users_at_its_start_is_restarted_after_a_change(
    spec: Path, tmp_path: Path
) -> None:
    spec.write_text(f"{SPEC}stack: {{access: {{}}}}\n", encoding="utf-8")
    publish(render_files(load_plan(spec)), tmp_path)
    folder = AccessFolder(tmp_path, Access())
    folder.set_user("alice", "wonderland")
    folder.prepare()
    state = State((tmp_path / ".watchkeeper").resolve())
    stack = ComposeStack(tmp_path, state=state, plan=load_plan(spec), program=("docker", "compose"))

    def restarted(change: Callable[[], object]) -> set[str]:
        before = stack.inputs()
        change()
        return stack.inputs().changed_restarts(before.restarts)

    assert restarted(folder.prepare) == set()
    assert restarted(lambda: folder.remove_user("alice")) == {"jaeger"}
    assert restarted(folder.rotate) == {"jaeger", "grafana"}
    assert restarted(lambda: (folder.path / "tls.crt").write_text("renewed")) == {"grafana"}
