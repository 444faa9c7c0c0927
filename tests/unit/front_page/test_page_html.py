"""The page as a browser parses it: hostile names are text, color is never the only sign, silence is said."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

import pytest

from tests.integration.report.october import HOSTILE
from tests.integration.report.test_page import Page
from tests.unit.overview.answers import alert, rows, samples
from watchkeeper.alertmanager_api import Matcher, Silence
from watchkeeper.front_page.front_page_html import Beside, Live, PeriodReport, front_page_html, policy
from watchkeeper.front_page.golden_signals import HOUR, Signal
from watchkeeper.overview.notification_rows import Notification, Sent
from watchkeeper.overview.objective_rows import STATES
from watchkeeper.overview.snapshot import Snapshot, Source
from watchkeeper.overview.target_rows import DownTarget, Job
from watchkeeper.report.described import DescribedAlert, SpecFacts

NOW = 1_780_000_200.0
SOURCES = (Source("Prometheus", "http://127.0.0.1:9090", NOW), Source("Alertmanager", "http://x", NOW))
STATES_OF_ALL = (
    samples("a-firing"),
    samples("b-spent", remaining=-0.2),
    samples("c-burning", burn_1h=2.0),
    samples("d-silent", remaining=float("nan")),
    samples("e-idle", events=0.0),
    samples("f-well"),
)
SEEN = Snapshot(
    NOW,
    SOURCES,
    rows(*STATES_OF_ALL, alerts=(alert("a-firing"),)),
    (alert("a-firing"), alert("c-burning", state="pending")),
    (Job("shop", "checkout", 1, 2),),
    (DownTarget("shop", "10.0.0.7:8000", "checkout", "connection refused"),),
    (Notification(NOW - 30, "slack", "firing", ("a-firing-fast_burn",), "checkout burns"),),
    (Sent("slack", 3, 1),),
)


def page(seen: Snapshot | None, *, now: float = NOW, beside: Beside | None = None) -> Page:
    signals = {"checkout": [Signal("Requests", "per second", (("requests", ((NOW, 3.0),)),))]}
    live = Live(seen, signals, HOUR.until(NOW)) if seen else None
    return Page(front_page_html(live, PeriodReport(), beside or Beside(), now=now))


def words(found: Page) -> str:
    return " ".join(" ".join(found.text).split())


def test_hostile_names_are_text_everywhere() -> None:
    seen = Snapshot(
        NOW,
        SOURCES,
        rows(samples("slo", service=HOSTILE, remaining=-1.0)),
        (replace(alert("slo", service=HOSTILE), name=HOSTILE, summary=HOSTILE, receivers=(HOSTILE,)),),
        (Job(HOSTILE, HOSTILE, 0, 1),),
        (DownTarget(HOSTILE, HOSTILE, HOSTILE, HOSTILE),),
        (Notification(NOW, "slack", "firing", (HOSTILE,), HOSTILE),),
        (),
    )
    runbook = f"{HOSTILE}/{HOSTILE}.md"
    links = (("Prometheus", 'http://localhost:9090/"><script>alert(1)</script>'),)
    found = page(seen, beside=Beside(links, (runbook,), HOSTILE))
    assert len(found.named("script")) == 1
    assert found.named("img", "iframe", "object", "form", "base", "link") == []
    assert not any(name.startswith("on") or name == "style" for _, own in found.elements for name in own)
    assert sum("<img src=x" in part for part in found.text) >= 8
    (address,) = (str(one["href"]) for one in found.named("a") if "runbooks" in str(one["href"]))
    assert '"' not in address and "<" not in address and address.startswith("/runbooks/a%22b")


def test_a_name_from_right_to_left_does_not_turn_the_words_after_it() -> None:
    named = replace(alert("slo"), name="\u202eevil")
    found = page(replace(SEEN, alerts=(named,), objectives=()))
    assert "\u2068\u202eevil\u2069 fires." in words(found)


def test_silences_that_match_nothing_are_below_the_alerts() -> None:
    one = Silence("3f2a91c07d", (Matcher("alertname", "=", "<b>Gone"),), 0.0, 9.0, "ann", "moved", "active")
    said = 'Silences that match no alert: 3f2a91c0 alertname="<b>Gone" by ann.'
    assert said in words(page(replace(SEEN, idle=(one,))))
    assert "Silences" not in words(page(replace(SEEN, unused=(one,), idle=())))
    assert "and 2 more." in words(page(replace(SEEN, idle=(one,) * 7)))


def test_the_policy_allows_the_style_and_the_script_of_the_page_and_nothing_else() -> None:
    raw = page(SEEN).raw
    digest = {
        name: base64.b64encode(hashlib.sha256(raw[name].encode()).digest()).decode()
        for name in ("style", "script")
    }
    assert policy() == (
        f"default-src 'none'; style-src 'sha256-{digest['style']}'; script-src 'sha256-{digest['script']}'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert "url(" not in raw["style"] and "//" not in raw["script"].replace("// ", "")


def test_each_state_has_a_sign_of_its_own_color() -> None:
    text = words(page(SEEN))
    signs = ("✘ firing", "✘ spent", "▲ burning", "? no data", "? idle", "✔ ok")
    assert [sign.split(" ", 1)[1] for sign in signs] == list(STATES)
    places = [text.index(sign, text.index("All objectives")) for sign in signs]
    assert places == sorted(places), "worst first"


@pytest.mark.parametrize(
    ("up", "text"),
    [(0, "✘ shop 0 of 2 targets up"), (1, "▲ shop 1 of 2 targets up"), (2, "✔ shop ok; 2 of 2 targets up")],
)
def test_a_service_whose_targets_are_down_is_not_called_ok(up: int, text: str) -> None:
    seen = replace(SEEN, objectives=(), alerts=(), jobs=(Job("shop", "shop", up, 2),))
    assert text in words(page(seen))


def test_what_fires_what_was_sent_and_what_is_silent_is_on_the_page() -> None:
    text = words(page(SEEN))
    assert "✘ a-firing-fast_burn fires; checkout-b-spent has no error budget left;" in text
    assert "checkout-a-firing and checkout-c-burning burn their error budgets." in text
    assert "1 of 2 targets does not answer. 1 notification failed in the last hour." in text
    assert "10.0.0.7:8000 checkout connection refused" in text
    assert "Sent by Alertmanager in the last hour: slack: 3, 1 failed." in text
    assert "checkout burns" in text


@pytest.mark.parametrize(
    ("seen", "now", "expected"),
    [
        (None, NOW, "? The servers of the stack have not answered yet."),
        (Snapshot(NOW, SOURCES), NOW, "? No alert fires, and no error budget has been recorded yet."),
        (
            Snapshot(NOW, SOURCES, rows(samples("a"))),
            NOW,
            "✔ All is well: no budget burns, and no alert fires.",
        ),
        (
            Snapshot(NOW, (Source("Prometheus", "", NOW - 60, "nothing listens"),), rows(samples("a"))),
            NOW,
            "? Unknown: Prometheus does not answer (nothing listens); it answered last at 20:29:00 UTC.",
        ),
        (
            Snapshot(NOW, (SOURCES[0], Source("Alertmanager", "", 0, "nothing listens")), rows(samples("a"))),
            NOW,
            "▲ No budget burns and no alert fires, but something is wrong. Alertmanager does not answer (nothing listens).",
        ),
        (
            Snapshot(NOW, SOURCES, rows(samples("a"))),
            NOW + 40,
            "? Reading again: what follows is from 20:30:00 UTC.",
        ),
        (
            Snapshot(NOW, (*SOURCES, Source("sinks", "", 0, "nothing listens")), rows(samples("a"))),
            NOW,
            "✔ All is well",
        ),
    ],
)
def test_the_first_line_says_whether_somebody_has_to_act(
    seen: Snapshot | None, now: float, expected: str
) -> None:
    assert expected in words(page(seen, now=now))


def test_people_who_do_not_see_it_can_read_it() -> None:
    found = page(SEEN)
    assert found.named("html") == [{"lang": "en"}]
    for landmark in ("header", "main", "footer", "h1", "nav"):
        assert len(found.named(landmark)) == 1, landmark
    assert all(one.get("aria-label") for one in found.named("svg"))
    assert all(one.get("scope") in ("col", "row") for one in found.named("th"))
    live = [one["id"] for _, one in found.elements if "data-live" in one]
    assert len(set(live)) == len(live) >= 6


def test_a_thousand_objectives_are_on_the_page_within_a_second_and_a_megabyte() -> None:
    many = rows(*(samples(f"slo-{number}") for number in range(1000)))
    html = front_page_html(
        Live(replace(SEEN, objectives=many), {}, HOUR.until(NOW)), PeriodReport(), Beside(), now=NOW
    )
    assert html.count("✔ ok") == 1000
    assert len(html.encode()) < 1_000_000


def test_the_spec_names_whom_an_alert_notified() -> None:
    firing = replace(alert("slo"), name="Down", receivers=("critical",))
    unknown = replace(firing, name="Renamed")
    unheard = replace(firing, name="Unheard", receivers=())
    facts = SpecFacts(
        alerts={("checkout", name): DescribedAlert(("pager", "chat"), "") for name in ("Down", "Unheard")}
    )
    found = page(replace(SEEN, alerts=(firing, unknown, unheard)), beside=Beside(facts=facts))
    table = words(found).partition("Golden signals")[0]
    assert table.count("pager, chat") == 1
    assert "checkout critical" in table
    assert "checkout -" in table
