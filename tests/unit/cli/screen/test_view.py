"""What each key does: move, filter, sort, open, back, quit."""

from __future__ import annotations

import pytest

from tests.unit.cli.screen.scenes import SEEN
from watchkeeper.cli.screen.view import View, position, press, shown_objectives

NAMED = {"escape", "enter", "tab", "shift+tab", "backspace", "ctrl+u", "ctrl+c", "up", "down", "pagedown"}


def after(*keys: str, view: View | None = None) -> View:
    """Return the view after keys, as textual names them."""
    view = view or View()
    for key in keys:
        character = None if key in NAMED else key
        view = press(view, key, character, shown_objectives(view, SEEN.objectives))
    return view


def shown(view: View) -> list[str]:
    return [row.name for row in shown_objectives(view, SEEN.objectives)]


WORST = ["checkout-availability", "shop-sandbox", "shop-search", "checkout-latency"]


def test_the_worst_are_first_and_s_changes_the_order() -> None:
    assert shown(View()) == WORST
    assert shown(after("s")) == ["checkout-availability", "shop-search", "checkout-latency", "shop-sandbox"]
    assert shown(after("s", "s")) == [
        "shop-sandbox",
        "shop-search",
        "checkout-availability",
        "checkout-latency",
    ]
    assert shown(after("s", "s", "s")) == sorted(WORST)
    assert after("s", "s", "s", "s").sort == "worst"


def test_a_leaves_only_what_burns() -> None:
    assert shown(after("a")) == WORST[:3]
    assert shown(after("a", "a")) == WORST
    assert shown(after("a", "escape")) == WORST


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ("shop", WORST[1:3]),
        ("SHOP-SE", ["shop-search"]),
        ("!shop", [WORST[0], WORST[3]]),
        ("^checkout.*y$", []),
        ("lat.ncy|sand", ["shop-sandbox", "checkout-latency"]),
        ("burning", ["shop-search"]),
        ("payments", WORST),
        ("(", []),
        ("!", WORST),
    ],
)
def test_the_filter_is_a_regular_expression_over_names_labels_and_states(typed: str, left: list[str]) -> None:
    view = after("/", *typed, "enter")
    assert (view.is_typing, view.pattern) == (False, typed)
    assert shown(view) == [name for name in left if name in shown(view)] == left


def test_while_a_filter_is_typed_keys_are_letters() -> None:
    view = after("/", "q", "?", "backspace", "s")
    assert (view.pattern, view.quits, view.page, view.is_typing) == ("qs", False, "overview", True)
    assert after("ctrl+u", view=view).pattern == ""
    assert after("escape", view=view) == View()
    assert after("ctrl+c", view=view).quits


def test_the_selection_stays_with_its_objective_when_the_order_changes() -> None:
    view = after("j", "j", "j")
    assert view.selected == "checkout-latency"
    assert after("j", view=view).selected == "checkout-latency"
    assert position(after("s", view=view), shown_objectives(after("s", view=view), SEEN.objectives)) == 2
    assert after("k", "up", view=view).selected == "shop-sandbox"
    assert after("G").selected == "checkout-latency"
    assert after("G", "g").selected == "checkout-availability"
    assert after("pagedown").selected == "checkout-latency"


def test_enter_opens_the_selected_objective_and_escape_returns_to_it() -> None:
    view = after("j", "enter")
    assert (view.page, view.selected) == ("objective", "shop-sandbox")
    view = after("escape", view=view)
    assert (view.page, view.selected) == ("overview", "shop-sandbox")


def test_help_and_links_return_to_the_page_they_were_opened_from() -> None:
    view = after("enter", "?")
    assert view.page == "help"
    assert after("o", "escape", view=view).page == "objective"
    assert after("?", view=view).page == "objective"
    assert after("o", "escape").page == "overview"


def test_tab_moves_through_the_panes_and_keys_scroll_them() -> None:
    view = after("tab", "j", "j", "k")
    assert (view.pane, view.offset, view.selected) == ("alerts", 1, "")
    assert after("tab", "tab", "tab", "tab").pane == "objectives"
    assert after("shift+tab").pane == "notifications"
    assert after("escape", view=view) == View()


def test_q_quits_from_every_page() -> None:
    for keys in ((), ("enter",), ("?",), ("o",), ("tab",)):
        assert after(*keys, "q").quits
    assert after("x", "Z", "f1") == View()
