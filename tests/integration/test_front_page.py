"""The front page of the real stack, as a browser shows it before, in and after a fault; and every runbook's address."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.browser import Browser, browser
from tests.integration.recorded import write_blocks
from tests.integration.report.recorded_month import Alert, Month, Recorded
from tests.integration.test_native_stack import BUNDLED, Site, site
from tests.integration.test_native_stack import tools as tools
from watchkeeper.local_http import get_json, request
from watchkeeper.stack.native.supervisor import Supervisor

pytestmark = pytest.mark.integration

_VERDICT = "document.querySelector('.verdict').textContent"
_INCIDENTS = "(document.querySelector('#incidents tbody')?.textContent ?? '').trim()"
_ROWS = "[...document.querySelectorAll('#objectives tbody tr')].filter(row => !row.hidden).length"


class Drill:
    """A drill on the running stack, which is ended as soon as its fault is removed."""

    def __init__(self, made: Site) -> None:
        self._made = made
        self._process: subprocess.Popen[str] | None = None

    def begin(self) -> None:
        if self._process is None:
            command = [sys.executable, "-u", "-m", "watchkeeper", "drill", "--alert", "HighErrorRate"]
            self._process = subprocess.Popen(
                command, cwd=self._made.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )

    def end(self) -> None:
        self.begin()
        if self._process is not None and self._process.poll() is None:
            assert self._process.stdout is not None
            lines: list[str] = []
            while not any("fault removed" in line for line in lines):
                lines.append(self._process.stdout.readline())
                assert lines[-1], lines
            self._process.terminate()
            self._process.communicate()


def _hours(end: int) -> Month:
    """Return what the rules recorded in the hours before the stack starts: an incident that burns nothing any more."""
    fault = (end - 7_200, end - 6_600)
    page = Alert("HelloagentsApiAvailabilityFastBurn", (fault[0] + 120, fault[1]))
    errors = lambda when: 0.03 * (fault[0] <= when < fault[1])  # noqa: E731
    start, slo = end - 18_000, "helloagents-api-availability"
    return Month((Recorded(slo, start, end, lambda _: 20.0, errors, lambda _: 0.995, alerts=(page,)),))


@pytest.fixture(scope="module")
def under_load(tools: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give the bundled spec's stack, in which a high error ratio notifies within seconds."""
    spec = BUNDLED.read_text(encoding="utf-8").replace("above: 5%, for: 5m", "above: 5%, for: 8s")
    made = site(tmp_path_factory.mktemp("page") / "root", spec)
    before = int(time.time()) // 300 * 300 - 7_200
    write_blocks(_hours(before), made.root / "hours.txt", made.state.folder / "data/prometheus")
    with made.running() as said:
        # The first address that a newcomer sees.
        assert said.splitlines()[2].split() == ["Front", "page", _address(made)]
        yield made


@pytest.fixture(scope="module")
def drill(under_load: Site) -> Iterator[Drill]:
    made = Drill(under_load)
    yield made
    made.end()


@pytest.fixture(scope="module")
def tab() -> Iterator[Browser]:
    with browser() as found:
        yield found


def _address(made: Site) -> str:
    urls = made.status()[1]["urls"]
    assert next(iter(urls)) == "Front page"
    return str(urls["Front page"])


def test_every_runbook_url_of_the_running_rules_leads_to_its_page(under_load: Site) -> None:
    prometheus = under_load.status()[1]["urls"]["Prometheus"]
    rules = [
        rule
        for group in get_json(f"{prometheus}/api/v1/rules?type=alert")["data"]["groups"]
        for rule in group["rules"]
    ]
    addresses = {rule["name"]: rule["annotations"]["runbook_url"] for rule in rules}
    assert len(addresses) > 30
    for name, url in addresses.items():
        with urlopen(url, timeout=20) as answer:
            text = answer.read().decode()
        assert answer.status == 200 and "<h1>" in text and name in text, url


def test_each_link_of_the_page_leads_somewhere(under_load: Site) -> None:
    page = _address(under_load)
    with browser() as tab:
        tab.open(page, width=1280, height=900)
        # That to the sinks is there when they answer.
        tab.wait("document.querySelectorAll('nav a').length === 7")
        links = tab.value("[...document.querySelectorAll('nav a')].map(one => [one.textContent, one.href])")
    names = ("Runbooks", "Report", "Prometheus", "Alertmanager", "Jaeger", "Sinks", "Demo")
    assert tuple(name for name, _ in links) == names
    for name, url in links:
        # The servers that were built from source have no web pages, but they answer.
        assert request(url, seconds=20).status in (200, 302, 404), (name, url)
        assert name in ("Prometheus", "Jaeger") or request(url, seconds=20).is_success, (name, url)


def test_budgets_charts_alerts_and_notifications_appear_without_a_reload(
    under_load: Site, tab: Browser, drill: Drill
) -> None:
    page = _address(under_load)
    tab.open(page, width=1280, height=900)
    tab.wait("document.querySelectorAll('#signals path.line').length >= 5")
    tab.wait(f"{_ROWS} === 3")
    assert "✘" not in tab.value(_VERDICT)
    tab.wait("performance.getEntriesByType('paint').length > 0")
    assert tab.value("performance.getEntriesByName('first-contentful-paint')[0].startTime") < 2000
    tab.value("void (window.isSame = true)")
    drill.begin()
    # What Alertmanager would send half a minute later, with a name that wants to be more than text.
    sent = {"attachments": [{"title": "[FIRING:1] <img src=x onerror=alert(1)>", "color": "danger"}]}
    assert request(
        f"{under_load.status()[1]['urls']['Sinks']}slack/T0", method="POST", document=sent
    ).is_success
    tab.wait(f"{_VERDICT}.includes('HighErrorRate')")
    tab.wait("document.querySelector('#alerts').textContent.includes('✘ firing')")
    assert tab.value("document.title").startswith("✘")
    link = "[...document.querySelectorAll('#alerts a')].find(one => one.textContent === 'HighErrorRate').href"
    assert request(f"{tab.value(link)}/").is_success
    tab.wait("document.querySelector('#notifications tbody')?.textContent.includes('onerror=')")
    tab.wait(f"{_INCIDENTS}.includes('HighErrorRate')")
    assert tab.value("window.isSame"), "the page was loaded again"
    assert tab.value("document.images.length") == 0
    assert tab.complaints == []
    assert {url.removeprefix(page) for url in tab.requested} == {""}


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (375, True)])
def test_budgets_incidents_and_charts_fit_the_screen_after_a_drill(
    under_load: Site, tab: Browser, drill: Drill, width: int, dark: bool
) -> None:
    drill.end()
    tab.open(_address(under_load), width=width, height=900, dark=dark)
    tab.wait("document.querySelectorAll('#signals path.line').length >= 5")
    tab.wait(f"{_INCIDENTS}.includes('HighErrorRate')")
    # The newest is first, and the fault may have reached the sandbox's objective a moment later.
    assert "helloagents-api-availability" in tab.value(_INCIDENTS)
    budget = "document.querySelector('#objectives tbody td:nth-child(3)').textContent"
    assert re.fullmatch(r"-?[0-9.]+%", tab.value(budget))
    limits = "[...document.querySelectorAll('#signals .limit-text')].map(one => one.textContent)"
    assert tab.value(limits) == ["objective 0.5%", "objective 200 ms"]
    assert tab.value("document.documentElement.scrollWidth") == width
    assert tab.value("getComputedStyle(document.body).backgroundColor") == (
        "rgb(15, 20, 25)" if dark else "rgb(255, 255, 255)"
    )
    # The verdict and the alerts are what a person sees first.
    assert tab.value("document.querySelector('#alerts').getBoundingClientRect().top") < 330
    drawn = "[...document.querySelectorAll('#signals svg')].map(one => one.getBoundingClientRect().width)"
    assert all(200 < one < width for one in tab.value(drawn))
    for path in ("report", "runbooks/", "runbooks/helloagents/ServiceDown.md/"):
        tab.open(f"{_address(under_load)}{path}", width=width, height=900, dark=dark)
        assert tab.value("document.documentElement.scrollWidth") == width, path
        assert tab.value("document.querySelectorAll('h1').length") == 1, path
    tab.open(f"{_address(under_load)}report", width=width, height=900, dark=dark)
    assert tab.value("document.querySelectorAll('.burn .line').length") >= 1
    assert tab.value("document.querySelector('.burn .limit-text').textContent") == "0% left: the objective"
    rows = "[...document.querySelectorAll('caption')].find(one => one.textContent === 'Incidents').parentElement.textContent"
    assert "HelloagentsApiAvailabilityFastBurn" in tab.value(rows)
    assert tab.complaints == []


def test_the_filter_stays_and_a_server_that_ends_is_said(under_load: Site, tab: Browser) -> None:
    tab.open(_address(under_load), width=1280, height=900)
    tab.wait(f"{_ROWS} === 3")
    tab.value("document.querySelector('input').focus()")
    tab.type("sandbox")
    assert tab.value(_ROWS) == 1
    tab.value("void (window.before = document.querySelector('#read').textContent)")
    tab.wait("document.querySelector('#read').textContent !== window.before")
    assert tab.value(_ROWS) == 1
    supervisor = Supervisor(under_load.state)
    supervisor.stop("front-page")
    try:
        tab.wait("!document.querySelector('.old').hidden")
        assert "is not live any more" in tab.value("document.querySelector('.old').textContent")
    finally:
        supervisor.start("front-page")
    tab.wait("document.querySelector('.old').hidden")
