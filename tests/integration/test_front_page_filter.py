"""The table of a thousand objectives in a browser: filtered by keys, by an address, and while it is read again."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.browser import Browser, browser
from tests.integration.recorded import History, Value, objective_series, prometheus
from tests.unit.front_page.test_page_server import front_page

pytestmark = pytest.mark.integration
_SHOWN = "[...document.querySelectorAll('#objectives > .scroll tbody tr')].filter(row => !row.hidden).length"
_SENTENCE = "document.querySelector('#shown').textContent"
_ROWS = "document.querySelectorAll('#objectives > .scroll tbody tr').length"
# This one has a budget for each handler.
_BY_HANDLER = 999
HOSTILE = "<img src=x onerror=alert(1)>&=\u202e"


def _series() -> dict[tuple[str, str], Value]:
    found: dict[tuple[str, str], Value] = {}
    for number in range(1000):
        team = ("payments", "search", HOSTILE)[number % 3]
        more = ',environment="staging"' if number % 10 == 0 else ""
        for (name, labels), value in objective_series(f"shop{number % 40}-slo{number}").items():
            if name == "slo:error_ratio:30d" or "error_ratio" not in name:
                own = labels.replace("payments", team) + more
                for value_of_label in ("/pay", "/cart", "__other__") if number == _BY_HANDLER else ("",):
                    label = f',handler="{value_of_label}"' if value_of_label else ""
                    found[name, own + label] = value
    return found


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    now = int(time.time())
    history = History(_series(), now, now + 240, 240)
    with (
        prometheus(tmp_path_factory.mktemp("thousand"), history) as server,
        front_page(f"--prometheus={server}") as url,
    ):
        yield url


@pytest.fixture(scope="module")
def tab() -> Iterator[Browser]:
    with browser() as found:
        yield found


def test_keys_choose_a_team_and_a_label_and_the_address_keeps_them(page: str, tab: Browser) -> None:
    tab.open(f"{page}/", width=375, height=900)
    tab.wait(f"{_ROWS} === 1000")
    labels = "[...document.querySelectorAll('#filters label')].map(one => one.firstChild.textContent.trim())"
    assert tab.value(labels) == ["Objective, service, state or label", "Team", "Environment", "Handler"]
    assert tab.value(_SENTENCE) == ""
    tab.value("document.querySelector('#filters input').focus()")
    for key in ("Tab", "ArrowDown", "ArrowDown"):
        tab.press(key)
    assert tab.value("document.activeElement.value") == "payments"
    assert tab.value(_SENTENCE) == "334 of 1000 objectives fit"
    for key in ("Tab", "ArrowDown"):
        tab.press(key)
    assert tab.value(_SENTENCE) == "34 of 1000 objectives fit"
    tab.value("document.querySelector('#filters input').focus()")
    tab.type("SHOP0 ")
    assert tab.value(_SHOWN) == int(tab.value(_SENTENCE).split()[0]) == 9
    query = tab.value("location.search")
    assert query == "?team=payments&environment=staging&find-text=SHOP0+"
    assert tab.value("document.documentElement.scrollWidth") == 375
    tab.open(f"{page}/{query}", width=1280, height=900)
    tab.wait(f"{_SENTENCE} === '9 of 1000 objectives fit'")
    assert tab.value("[...document.querySelectorAll('#filters select')].map(one => one.value)") == [
        "payments",
        "staging",
        "",
    ]
    tab.value("document.querySelector('#filters button').click()")
    assert tab.value(f"{_SHOWN} + location.search + {_SENTENCE}") == "1000"
    assert tab.complaints == []


def test_a_value_of_a_label_unfolds_and_stays_so_while_the_page_is_read_again(
    page: str, tab: Browser
) -> None:
    tab.open(f"{page}/", width=1280, height=900)
    tab.wait(f"{_ROWS} === 1000")
    folded = "document.querySelector('#objectives details').open"
    assert tab.value("document.querySelectorAll('#objectives details').length") == 1
    assert tab.value("document.querySelectorAll('#objectives details tbody tr').length") == 3
    assert tab.value(folded) is False
    tab.open(f"{page}/?handler=%2Fcart", width=1280, height=900)
    # The objective is found by any of its values.
    tab.wait(f"{_SENTENCE} === '1 of 1000 objectives fit'")
    assert tab.value(folded) is True
    shown = "[...document.querySelectorAll('#objectives details tbody tr')].filter(row => !row.hidden).length"
    assert tab.value(shown) == 1
    tab.value("document.querySelector('#filters button').click()")
    # As if every section had changed with the next reading.
    tab.value("void shown.clear()")
    tab.value("void (window.before = document.querySelector('#objectives details'))")
    tab.wait("document.querySelector('#objectives details') !== window.before")
    assert tab.value(folded) is True
    assert tab.value(shown) == 3
    assert tab.complaints == []


def test_a_hostile_team_is_text_and_nothing_moves_while_the_page_is_read_again(
    page: str, tab: Browser
) -> None:
    tab.open(f"{page}/", width=1280, height=900)
    tab.wait(f"{_ROWS} === 1000")
    tab.value("document.querySelector('#filters select').focus()")
    tab.press("ArrowDown")
    assert tab.value("document.activeElement.value") == HOSTILE
    assert tab.value(_SHOWN) == 333
    assert tab.value("document.images.length") == 0
    tab.value("void (window.before = document.querySelector('#read').textContent)")
    tab.wait("document.querySelector('#read').textContent !== window.before")
    assert tab.value("document.activeElement.value") == HOSTILE
    assert tab.value(_SHOWN) == 333
    tab.open(f"{page}/?team=nobody", width=1280, height=900)
    tab.wait(f"{_SENTENCE} === '0 of 1000 objectives fit'")
    assert tab.value("document.querySelector('#filters select').value") == "nobody"
    assert tab.complaints == []
