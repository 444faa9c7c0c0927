"""Whole screens as text: at 80 columns and 24 lines, without colors, in ASCII, narrow, wide, full."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.unit.cli.screen.scenes import DETAIL, NOW, SEEN
from tests.unit.overview.answers import rows, samples
from watchkeeper.alertmanager_api import Matcher, Silence
from watchkeeper.cli.screen.frame import Scene, frame
from watchkeeper.cli.screen.styled_lines import ASCII, UNICODE, bar, look_for, plain, printable
from watchkeeper.cli.screen.view import View
from watchkeeper.overview.numbers_text import burn, count, lasts, percent
from watchkeeper.overview.objective_rows import STATES
from watchkeeper.overview.snapshot import Proven, Snapshot, Source


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def screen(scene: Scene, width: int = 80, height: int = 24) -> list[str]:
    drawn = frame(scene, width, height)
    assert len(drawn.lines) == height
    texts = [plain(line) for line in drawn.lines]
    assert max(map(len, texts), default=0) <= width
    return [text.rstrip() for text in texts]


def scene(view: View | None = None, seen: Snapshot = SEEN, **more: object) -> Scene:
    return Scene(seen, view or View(), UNICODE, NOW, DETAIL, **more)  # type: ignore[arg-type]


OVERVIEW = """\
■ 1 firing  ✖ 1 spent  ▲ 1 burning  ● 1 ok  · 1 alert firing · 5 of 6 targets up
SERVICES  ■ checkout 2/2 up  ✖ shop 3/3 up
  STATE     worst first                       BUDGET LEFT         BURN 1h  LASTS
▸ ■ firing  checkout-availability             █████████░░░  71.2%    14.4   2d4h
  ✖ spent   shop-sandbox                      ░░░░░░░░░░░░   -35%       0      -
  ▲ burning shop-search                       ██░░░░░░░░░░    20%     1.6    40d
  ● ok      checkout-latency                  ███████████░    90%     0.2      -









ALERTS  1 firing, 1 pending
  ■ critical CheckoutAvailabilityFastBurn firing 15m → pagerduty, slack
  ○ warning  HighErrorRate pending 15m  5% fail
TARGETS  5 of 6 up
  ✖ down     jaeger 127.0.0.1:8888  connection refused
NOTIFICATIONS  last hour: slack 3 (1 failed), pagerduty 1
  00:15:40 ■ firing   pagerduty CheckoutAvailabilityFastBurn
? help  / filter  s sort  a only burning  enter open  tab pane  o links  q quit
"""
OBJECTIVE = """\
■ 1 firing  ✖ 1 spent  ▲ 1 burning  ● 1 ok  · 1 alert firing · 5 of 6 targets up
checkout-availability  ■ firing
99.5% over 30d · service checkout · team payments
budget left █████████░░░  71.2% · 8 events/s, 1.1 bad · lasts 2d4h

WINDOW    ERRORS    BURN
5m         50.1%     100  ████████████████
1h          7.2%    14.4  ████████████████
30d        0.14%     0.3  █░░░░░░░░░░░░░░░

ALERT            STATE      NEEDS ALL OF (now)
fast burn        firing   ✔ 1h >7.2% (7.2%)   ✔ 5m >7.2% (50.1%)  ✔ 2 bad (423)
                       or   6h >3% (-)          30m >3% (1%)
metric missing   inactive   a target answers without the objective's metric
"""


def test_the_overview_at_80_by_24() -> None:
    assert screen(scene()) == OVERVIEW.splitlines()


def test_the_page_of_an_objective_at_80_by_24() -> None:
    shown = screen(scene(View(page="objective")))
    assert shown[:14] == OBJECTIVE.splitlines()
    assert shown[-1] == "esc back  j/k scroll  o links  ? help  q quit"


def test_a_state_is_a_word_and_a_shape_of_its_own_so_that_no_color_is_needed() -> None:
    for look in (UNICODE, ASCII):
        assert len({look.shapes[state] for state in STATES}) == len(STATES)
        shown = "\n".join(screen(replace(scene(View(page="help")), look=look)))
        assert all(f"{look.shapes[state]} {state}" in shown for state in STATES)


def test_a_terminal_without_unicode_gets_ascii() -> None:
    assert (look_for("utf-8"), look_for("ascii"), look_for("latin-1"), look_for(None)) == (
        UNICODE, ASCII, ASCII, ASCII,
    )  # fmt: skip
    for page in ("overview", "objective", "help", "links"):
        view = View(page=page)  # type: ignore[arg-type]
        assert "\n".join(screen(replace(scene(view), look=ASCII))).isascii()


def test_a_wide_screen_adds_columns_and_the_time() -> None:
    first, _, heading, row, *_ = screen(scene(), 130, 20)
    assert first.endswith("00:16:40")
    assert heading.split()[-7:] == ["OBJECTIVE", "BUDGET", "LEFT", "BURN", "1h", "6h", "LASTS"]
    assert row.split()[-7:] == ["99.5%", "30d", "█████████░░░", "71.2%", "14.4", "3.0", "2d4h"]


@pytest.mark.parametrize(
    ("width", "height"), [(80, 24), (40, 12), (20, 6), (8, 3), (1, 1), (200, 60), (80, 0)]
)
@pytest.mark.parametrize("page", ["overview", "objective", "help", "links"])
def test_any_size_has_its_own_number_of_lines_and_none_too_long(page: str, width: int, height: int) -> None:
    screen(scene(View(page=page)), width, height)  # type: ignore[arg-type]


def test_a_source_that_does_not_answer_is_stale_since_its_last_answer() -> None:
    sources = (
        Source("Prometheus", "http://p", NOW - 40, "nothing listens"),
        Source("Alertmanager", "http://a", 0.0, "answers 502 Bad Gateway"),
        Source("sinks", "http://s", NOW - 400, "timed out"),
    )
    shown = screen(scene(seen=replace(SEEN, sources=sources)))
    assert shown[1:4] == [
        "Prometheus stale since 40 s: nothing listens",
        "Alertmanager does not answer: answers 502 Bad Gateway",
        "sinks stale since 6m40s: timed out",
    ]
    assert "checkout-availability" in shown[6], "what was known stays"


def test_a_filter_says_how_many_it_left_and_how_to_clear_it() -> None:
    shown = screen(scene(View(pattern="shop", only_faults=True)))
    assert shown[2].startswith("  STATE     worst first, 2 of 4")
    assert shown[-1].startswith("filter: shop, only what burns (esc clears)")
    assert screen(scene(View(pattern="shop", is_typing=True)))[-1] == "/shop_"
    assert "  no objective matches; esc clears the filter" in screen(scene(View(pattern="zzz")))


def test_a_thousand_objectives_scroll_and_draw_only_what_is_seen() -> None:
    many = rows(*(samples(f"slo-{number:03}") for number in range(1000)))
    seen = replace(SEEN, objectives=many)
    start = time.process_time()
    shown = screen(scene(View(selected="checkout-slo-500"), seen))
    assert time.process_time() - start < 0.2
    assert any(line.startswith("▸ ● ok      checkout-slo-500") for line in shown)
    assert sum("checkout-slo-" in line for line in shown) == 13
    assert "checkout-slo-999" in "\n".join(screen(scene(View(selected="checkout-slo-999"), seen)))


def test_a_pane_in_focus_gets_room_and_scrolls_to_its_end() -> None:
    alerts = tuple(replace(SEEN.alerts[0], name=f"Alert{number:02}") for number in range(40))
    seen = replace(SEEN, alerts=alerts)
    brief = [line for line in screen(scene(seen=seen)) if "Alert" in line]
    focused = frame(scene(View(pane="alerts", offset=10_000), seen), 80, 24)
    shown = [plain(line) for line in focused.lines if "Alert" in plain(line)]
    assert (len(brief), len(shown)) == (3, 12)
    assert "Alert39" in shown[-1]
    assert focused.offset == 40 - len(shown), "the next k moves at once"


def test_links_are_never_cut() -> None:
    lines = screen(scene(View(page="links"), links=(("Prometheus", "http://127.0.0.1:9090"),)))
    text = "".join(line.strip() for line in lines)
    assert "http://127.0.0.1:9090" in text
    assert "https://runbooks.example.com/checkout/CheckoutAvailabilityFastBurn.md" in text
    narrow = "".join(line.strip() for line in screen(scene(View(page="links")), 40, 40))
    assert "https://runbooks.example.com/checkout/CheckoutAvailabilityFastBurn.md" in narrow


def test_nothing_recorded_and_nothing_read_are_said() -> None:
    empty = screen(scene(seen=Snapshot(NOW)))
    assert empty[0].startswith("no objectives  · no alerts firing · 0 of 0 targets up")
    assert "  no recorded objectives (slo:*)" in empty
    assert screen(replace(scene(View(page="objective")), detail=None))[5] == "reading ..."
    gone = screen(scene(View(page="objective"), Snapshot(NOW)))
    assert "This objective is not recorded any more." in gone


def test_names_cannot_command_the_terminal() -> None:
    assert printable("a\x1b[2Jb\nc\x07\u202e") == "a?[2Jb c??"
    evil = replace(SEEN.alerts[0], name="x\x1b]0;title\x07", summary="\x1b[31m", receivers=())
    assert "\x1b" not in "\n".join(screen(scene(seen=replace(SEEN, alerts=(evil,)))))


@pytest.mark.parametrize(
    ("left", "cells"),
    [(1.0, 12), (1.2, 12), (0.9999, 11), (0.5, 6), (0.0001, 1), (0.0, 0), (-3.0, 0)],
)
def test_only_a_whole_budget_is_full_and_only_a_spent_one_is_empty(left: float, cells: int) -> None:
    assert bar(left, 12, UNICODE) == "█" * cells + "░" * (12 - cells)


def test_numbers_are_short_and_never_round_to_a_lie() -> None:
    ratios = (None, 0.0, 0.00001, 0.0003, 0.072, 0.712, 0.99999, 1.0, -0.35, -12.345)
    assert [percent(one) for one in ratios] == [
        "-", "0%", "<0.01%", "0.03%", "7.2%", "71.2%", "99.9%", "100%", "-35%", "-1234%",
    ]  # fmt: skip
    assert [burn(one) for one in (None, 0.0, 0.001, 0.04, 1.24, 14.4, 200.0)] == [
        "-", "0", "<0.01", "0.04", "1.2", "14.4", "200",
    ]  # fmt: skip
    assert [lasts(one) for one in (None, 45.0, 7500.0, 187_200.0, 864_000.0 * 3, 1e9)] == [
        "-", "45s", "2h5m", "2d4h", "30d", ">1y",
    ]  # fmt: skip
    assert [count(one) for one in (None, 0.0, 0.34, 12.4, 3_733.0, 2e6)] == [
        "-",
        "0",
        "0.3",
        "12",
        "3.7k",
        "2M",
    ]


def test_silences_that_match_nothing_have_a_line_at_the_top() -> None:
    one = Silence("3f2a91c07d", (Matcher("alertname", "=", "Gone\n"),), 0.0, 9.0, "ann", "moved", "active")
    lines = screen(scene(seen=replace(SEEN, idle=(one,))))
    assert lines[1] == 'SILENCES  1 matches no alert: 3f2a91c0  alertname="Gone\\n" by ann'
    lines = screen(scene(seen=replace(SEEN, idle=(one, one))))
    assert lines[1].startswith("SILENCES  2 match no alert: ")
    assert lines[1].endswith("by ann, and 1 more")
    for idle in ((), None):
        unknown = screen(scene(seen=replace(SEEN, unused=(one,), idle=idle)))
        assert not any(text.startswith("SILENCES") for text in unknown)


def test_receivers_that_no_drill_proves_have_a_line_at_the_top() -> None:
    old = "the last proof is older than 7d"
    receivers = (Proven("pager", ""), Proven("chat", old), Proven("mail", "it was never proven"))
    lines = screen(scene(seen=replace(SEEN, receivers=receivers)))
    assert lines[1] == f"RECEIVERS  1 of 3 proven; chat: {old}, and 1 more"
    assert not any(text.startswith("SILENCES") for text in lines)
    all_proven = screen(scene(seen=replace(SEEN, receivers=receivers[:1])))
    assert not any(text.startswith("RECEIVERS") for text in all_proven)
