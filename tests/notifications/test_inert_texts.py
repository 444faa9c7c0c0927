"""Whatever users write and labels contain stays text: no receiver finds a command, markup or line of theirs in it."""

from __future__ import annotations

import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.conftest import need_tool
from tests.loading import load_plan
from tests.notifications.running_alertmanager import SPEC
from watchkeeper.backends import alertmanager

pytestmark = pytest.mark.tools

LINK = r"(?:Runbook|Dashboard|Traces|Silence)"
TEXTS = ("slack", "slack.title", "msteamsv2", "telegram", "email.subject", "email.text", "pagerduty.summary")
MARK = "\n-- next --\n"
HOSTILE = (
    "<!channel>",
    "<https://evil.example|Runbook>",
    "&lt;!here&gt; & <",
    "*a* _b_ ~c~ `d` ```e```",
    "[a](https://evil.example) ![b](https://evil.example)",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "'\"><a href='javascript:alert(1)'>x</a>",
    '{{ template "watchkeeper.slack" . }} {{ index .Alerts 99 }} {{',
    "a: {b: '{{ .ExternalURL }}'}",
    "\n\nRunbook: https://evil.example\n\x85\u2028b\u2029c\r\n\td",
    "\u202eevil\u2066\x07\x1b[31m",
    "\\Q\\E( [ * ${1} $1 \\",
    "é😀" * 3000,
    "@channel @here @everyone #general",
    "yes",
    "|",
)
ALPHABET = st.sampled_from(
    [*"<>&|{}[]()*_`~\"'\\$:#@!-/ \n\t\r\u2028\u202e", "a", "é", "😀", "https://", "{{", "}}"]
)


class Amtool:
    """The rendered templates, filled in by the real amtool."""

    def __init__(self, folder: Path) -> None:
        """Write the templates to `folder`."""
        self._amtool, self._folder = need_tool("amtool"), folder
        texts = alertmanager.render(load_plan(SPEC))["monitoring/alertmanager/templates/watchkeeper.tmpl"]
        (folder / "watchkeeper.tmpl").write_text(texts, encoding="utf-8")

    def texts(self, said: str) -> dict[str, str]:
        """Return what each text template makes of an alert in which everything says `said`."""
        template = MARK.join(f'{{{{ template "watchkeeper.{name}" . }}}}' for name in TEXTS)
        return dict(zip(TEXTS, self._render(said, template, "text").split(MARK), strict=True))

    def html(self, said: str) -> str:
        """Return the mail about that alert."""
        return self._render(said, '{{ template "watchkeeper.email.html" . }}', "html")

    def _render(self, said: str, template: str, kind: str) -> str:
        data = self._folder / "data.json"
        data.write_text(json.dumps(notification(said)), encoding="utf-8")
        command = [self._amtool, "template", "render", f"--template.glob={self._folder}/*.tmpl"]
        command += [f"--template.data={data}", f"--template.text={template}", f"--template.type={kind}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


def notification(said: str) -> dict[str, Any]:
    annotations = dict.fromkeys(("summary", "description", "query", "runbook_path"), said)
    addresses = {
        f"{name}_url": f"https://wiki.example.com/{name}" for name in ("runbook", "dashboard", "traces")
    }
    labels = {"alertname": "A", "service": said, "team": said, "severity": "critical", "path": said}
    alert = {
        "status": "firing",
        "labels": labels,
        "annotations": {**annotations, **addresses},
        "startsAt": "2026-03-01T10:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
    }
    return {
        "status": "firing",
        "alerts": [alert],
        "commonLabels": labels,
        "commonAnnotations": alert["annotations"],
        "externalURL": "http://alertmanager:9093",
    }


@pytest.fixture(scope="module")
def amtool(tmp_path_factory: pytest.TempPathFactory) -> Amtool:
    return Amtool(tmp_path_factory.mktemp("templates"))


def with_hostile_examples(test: Any) -> Any:
    for text in HOSTILE:
        test = example(said=text)(test)
    return test


@with_hostile_examples
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(ALPHABET, min_size=1, max_size=60).map("".join).filter(str.strip))
def test_no_text_is_more_than_text(amtool: Amtool, said: str) -> None:
    found = amtool.texts(said)
    plain = amtool.texts("x")
    for name, text in found.items():
        assert text.count("\n") <= plain[name].count("\n"), name
        assert len(text) < 8000, name
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\x85\u2028\u2029\u202a-\u202e\u2066-\u2069]", text), (
            name
        )
    for name in ("slack", "slack.title"):
        others = re.sub(rf"<https?://[^|<> ]+\|{LINK}>", "", found[name])
        assert not re.search(r"[<>]|&(?!(?:amp|lt|gt);)", others), others
    others = re.sub(rf"\[{LINK}\]\(https?://[^()\[\] ]+\)", "", found["msteamsv2"])
    assert not re.search(r"(?<!\\)(?:\\\\)*[\[\]*`<>]", others.replace("\\\\", "")), others


@with_hostile_examples
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(ALPHABET, min_size=1, max_size=60).map("".join).filter(str.strip))
def test_a_mail_has_the_elements_of_ours_only(amtool: Amtool, said: str) -> None:
    mail, ours = Elements(amtool.html(said)), Elements(amtool.html("x"))
    # A silence is left out where a label does not fit into its link.
    assert mail.tags in (ours.tags, [tag for tag in ours.tags if not tag.startswith("a Silence")])
    assert all(
        address.startswith(("https://wiki.example.com/", "http://alertmanager:9093/#/"))
        for address in mail.links
    )


class Elements(HTMLParser):
    """The elements of a page in order, links with their text, and the addresses of links."""

    def __init__(self, page: str) -> None:
        """Read the page."""
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element with the names of its attributes."""
        self.tags.append(f"{tag} {' '.join(name for name, _ in attrs)}")
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        """Add the text of a link to it."""
        if self.tags and self.tags[-1].startswith("a href"):
            self.tags[-1] = f"a {data.strip()} href"
