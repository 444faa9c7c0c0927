"""The HTML folder of runbooks: every link leads somewhere, nothing is loaded from elsewhere, foreign HTML is text."""

from __future__ import annotations

import base64
import http.server
import json
import re
import threading
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from posixpath import dirname, join, normpath

import pytest

from tests.loading import load_plan
from watchkeeper.cli import main
from watchkeeper.cli import render as render_command
from watchkeeper.local_http import request
from watchkeeper.pipeline import render_files, render_runbook_site
from watchkeeper.plan.plan import Plan

ROOT = Path(__file__).parents[3]
SPECS = [
    ROOT / "monitoring/SLO_DEFINITIONS.yml",
    *sorted((ROOT / "examples" / "specs").glob("*.yml")),
    *sorted((ROOT / "tests" / "golden").glob("*/spec.yml")),
]


class _Seen(HTMLParser):
    """Collects tags and links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def _site(spec: Path) -> tuple[Plan, dict[str, str]]:
    plan = load_plan(spec)
    return plan, render_runbook_site(plan, render_files(plan))


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_each_alert_has_a_page_and_each_link_leads_somewhere(spec: Path) -> None:
    plan, pages = _site(spec)
    wanted = {
        f"{alert.service}/{alert.name}.md/index.html"
        for one in plan.alerting_services
        for alert in one.all_alerts
    }
    assert wanted == {path for path in pages if path.endswith(".md/index.html")}
    followed = 0
    for path, text in pages.items():
        seen = _Seen(text)
        assert not any("src" in attributes for _, attributes in seen.tags) and not seen.all("link"), path
        assert [one["lang"] for one in seen.all("html")] == ["en"] and len(seen.all("h1")) == 1, path
        for link in seen.all("a"):
            address = str(link["href"])
            if not address.startswith("http"):
                followed += 1
                assert normpath(join(dirname(path), address)) in pages, (path, address)
    assert followed > 3 * len(wanted)


def test_the_policy_allows_the_own_style_and_script_only() -> None:
    _, pages = _site(SPECS[0])
    for text in pages.values():
        policy = str(next(one["content"] for one in _Seen(text).all("meta") if "http-equiv" in one))
        for tag in ("style", "script"):
            (inside,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
            digest = base64.b64encode(sha256(inside.encode()).digest()).decode()
            assert f"{tag}-src 'sha256-{digest}'" in policy
        assert policy.startswith("default-src 'none'")


def test_html_of_users_is_text(tmp_path: Path) -> None:
    (tmp_path / "n.md").write_text(
        "<script>alert(1)</script> `<b>` [x](javascript:alert) ![y](https://e.example.com/p.png)\n"
    )
    (tmp_path / "spec.yml").write_text(
        "version: watchkeeper/v1\nservice: shop\nteam: '<img src=x>'\nalerts:\n"
        "  - {name: Raw, expr: 'up < 1', description: '<b>x | </b>', runbook_notes: n.md}\n"
    )
    _, pages = _site(tmp_path / "spec.yml")
    page = pages["shop/Raw.md/index.html"]
    tags = {tag for tag, _ in _Seen(page).tags} | {tag for tag, _ in _Seen(pages["index.html"]).tags}
    assert tags.isdisjoint({"b", "i"})
    assert len(_Seen(page).all("script")) == 1 and 'javascript:alert"' not in page
    assert "&lt;b&gt;x | &lt;/b&gt;" in page
    # A picture of the team's own notes is not loaded: the policy forbids it.
    assert "img-src" not in page


def test_the_address_in_an_alert_leads_to_its_page_on_a_static_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec, folder = tmp_path / "spec.yml", tmp_path / "html"

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object, **named: object) -> None:
            super().__init__(*args, directory=str(folder), **named)  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        spec.write_text(
            f"version: watchkeeper/v1\nservice: shop\nrunbook_base_url: {base}\nalerts: [{{preset: service_down}}]\n"
        )
        assert main(["render", str(spec), "--html", str(folder), "--format", "json"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert [Path(one["root"]) for one in document["html"]] == [folder] and document["proofs"] == []
        for alert in load_plan(spec).services[0].all_alerts:
            moved = request(alert.runbook_url)
            assert moved.status == 301, alert.runbook_url
            answer = request(f"{alert.runbook_url}/")
            assert answer.is_success and f"<h1>{alert.name}</h1>".encode() in answer.body
        server.shutdown()


def test_without_the_library_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "spec.yml").write_text("version: watchkeeper/v1\nservice: shop\n")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert (
        render_command.render(
            tmp_path / "spec.yml",
            out=tmp_path / "out",
            strict=False,
            output_format="text",
            html=tmp_path / "h",
        )
        == 2
    )
    assert "pip install 'watchkeeper[html]'" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["spec.yml"]
