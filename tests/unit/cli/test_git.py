"""What git sees of a user's repository: secrets are not offered, and reviews collapse generated files."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from watchkeeper.cli import main
from watchkeeper.stack.state import state_of

SPEC = Path("monitoring/SLO_DEFINITIONS.yml")
HEAD = """\
version: watchkeeper/v1
service: shop
team: web
targets: [shop:8000]
alerts: [{preset: service_down, severity: critical}]
"""


def _git(*arguments: str) -> list[str]:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty repository of git, which is the working folder."""
    monkeypatch.chdir(tmp_path)
    # The user's own ignore files must not help.
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    _git("init", "--quiet")
    return tmp_path


def _offered() -> set[str]:
    return {line[3:].strip('"') for line in _git("status", "--porcelain", "-uall")}


def _secrets(*paths: str) -> set[str]:
    for path in map(Path, paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("https://hooks.example.com/secret\n")
    return set(paths)


def _spec(*webhooks: str) -> None:
    receivers = "".join(
        f'    r{at}: {{type: webhook, url_file: "{path}"}}\n' for at, path in enumerate(webhooks)
    )
    routes = ", ".join(f"r{at}" for at in range(len(webhooks)))
    SPEC.parent.mkdir(exist_ok=True)
    SPEC.write_text(f"{HEAD}notify:\n  receivers:\n{receivers}  routes: {{critical: [{routes}]}}\n")


def test_a_secret_is_not_offered_after_init_and_render(repository: Path) -> None:
    assert main(["init"]) == 0
    assert main(["render"]) == 0
    secrets = _secrets(
        "monitoring/alertmanager/secrets/slack_webhook", "monitoring/grafana/secrets/admin_password"
    )
    state_of(repository).create()
    (repository / ".watchkeeper" / "stack.json").write_text("{}")
    offered = _offered()
    assert offered & secrets == set()
    assert [path for path in offered if path.startswith(".watchkeeper/")] == []
    assert {
        ".gitattributes",
        str(SPEC),
        "monitoring/prometheus/prometheus.yml",
        "monitoring/alertmanager/secrets/.gitignore",
        "monitoring/grafana/secrets/.gitignore",
    } <= offered
    assert main(["check"]) == 0


def test_secrets_are_not_offered_wherever_the_spec_has_them(repository: Path) -> None:
    paths = (
        "keys/a",
        "keys/team/b",
        "deep/er/c",
        "./plain",
        "templates/d",
        "./odd*na[m]e",
        "/etc/alertmanager/in/e",
    )
    _spec(*paths)
    assert main(["render"]) == 0
    found = [path.removeprefix("/etc/alertmanager/").removeprefix("./") for path in paths]
    secrets = _secrets(*(f"monitoring/alertmanager/{path}" for path in found), "monitoring/alertmanager/odd")
    # The last one is nobody's secret, and the pattern of another must not match it.
    assert _offered() & secrets == {"monitoring/alertmanager/odd"}
    assert "monitoring/alertmanager/templates/watchkeeper.tmpl" in _offered()
    # A fresh clone has every ignore file.
    _git("add", "--all")
    tracked = set(_git("ls-files"))
    assert set(map(str, Path().rglob(".gitignore"))) <= tracked


def test_a_secret_that_the_spec_no_longer_names_is_not_offered(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _spec("keys/a", "./plain")
    assert main(["render"]) == 0
    secrets = _secrets("monitoring/alertmanager/keys/a", "monitoring/alertmanager/plain")
    _spec("secrets/a")
    assert main(["render"]) == 0
    assert "kept     monitoring/alertmanager/keys/.gitignore" in capsys.readouterr().out
    assert _offered() & secrets == set()
    for secret in secrets:
        Path(secret).unlink()
    assert main(["render"]) == 0
    assert not Path("monitoring/alertmanager/keys").exists()
    assert not Path("monitoring/alertmanager/.gitignore").exists()


def test_reviews_collapse_every_generated_file_and_not_the_spec(repository: Path) -> None:
    assert main(["init"]) == 0
    assert main(["render"]) == 0
    rendered = {path for path in _offered() if path.startswith("monitoring/")} - {str(SPEC)}
    # The proof pages are rendered for reviewers.
    pages = {path for path in rendered if path.startswith("monitoring/proofs/")}
    assert len(pages) == 2
    mine = {str(SPEC), "monitoring/teams/payments.yml", "src/app.py", "monitoring/README.md", *pages}
    asked = [*rendered, "docker-compose.monitoring.yml", *mine]
    assert len(rendered) > 15
    answers = [line.rsplit(": ", 2) for line in _git("check-attr", "linguist-generated", "--", *asked)]
    assert {path for path, _, value in answers if value != "set"} == mine


def test_init_leaves_a_users_attributes_alone(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / ".gitattributes").write_text("*.png binary\n")
    assert main(["init"]) == 0
    assert (repository / ".gitattributes").read_text() == "*.png binary\n"
    said = capsys.readouterr()
    assert said.err.startswith(".gitattributes already exists and is unchanged")
    assert "wrote .gitignore\n" in said.out


def test_attributes_are_at_the_root_of_the_rendered_files(repository: Path) -> None:
    (repository / "team").mkdir()
    assert main(["init", "--out", "team/slos.yml"]) == 0
    assert (repository / "team" / ".gitattributes").is_file()
    assert main(["init", "--out", "other/monitoring/slos.yml"]) == 0
    assert (repository / "other" / ".gitattributes").is_file()


def test_the_page_about_secrets_is_offered_and_names_every_file(repository: Path) -> None:
    _spec("secrets/one", "keys/two", "/run/secrets/three")
    assert main(["render"]) == 0
    page = Path("monitoring/alertmanager/secrets/README.md")
    assert str(page) in _offered()
    for path in ("secrets/one", "keys/two", "/run/secrets/three"):
        assert f"`{path}`" in page.read_text()


def test_a_secret_with_the_pages_name_is_not_offered(repository: Path) -> None:
    _spec("secrets/README.md")
    assert main(["render"]) == 0
    secrets = _secrets("monitoring/alertmanager/secrets/README.md")
    assert _offered() & secrets == set()
    assert main(["render"]) == 0


def test_init_writes_an_example_of_env_that_git_offers_and_hides_env(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init"]) == 0
    Path(".env").write_text("SENTRY_DSN=https://key@example.com/1\n")
    assert {".env.example", ".env"} & _offered() == {".env.example"}
    assert "already exists" not in capsys.readouterr().err


def test_init_leaves_a_users_ignore_file_alone_and_says_what_it_lacks(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / ".gitignore").write_text("build/\n")
    assert main(["init"]) == 0
    assert (repository / ".gitignore").read_text() == "build/\n"
    assert ".gitignore already exists and is unchanged: make it ignore .env" in capsys.readouterr().err
    (repository / ".gitignore").write_text("build/\n.env\n")
    assert main(["init", "--out", "monitoring/second.yml"]) == 0
    assert ".gitignore" not in capsys.readouterr().err


def test_the_example_of_env_has_every_variable_of_the_compose_file_and_its_default(repository: Path) -> None:
    root = Path(__file__).parents[3]
    assert main(["init"]) == 0
    example = Path(".env.example").read_text()
    assert example == (root / ".env.example").read_text()
    listed = dict(re.findall(r"^#([A-Z_]+)=(.*)$", example, re.MULTILINE))
    compose = (root / "docker-compose.monitoring.yml").read_text()
    read = dict(re.findall(r"\$\{([A-Z_0-9]+):-([^}]*)\}", compose))
    assert listed.keys() == read.keys()
    for name, default in read.items():
        assert name == "WATCHKEEPER_SECRETS_GID" or listed[name].endswith(default.rpartition(":-")[2]), name
