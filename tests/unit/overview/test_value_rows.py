"""Objectives with a budget for each value of a label: one row for all, and what a vanished value decides."""

from __future__ import annotations

from tests.unit.overview.answers import alert, rows, samples
from watchkeeper.cli.screen.objective_page import objective_page
from watchkeeper.cli.screen.styled_lines import ASCII, plain
from watchkeeper.cli.text.overview_text import overview_document, overview_text
from watchkeeper.front_page.live_tables import objectives_table, values_tables
from watchkeeper.front_page.verdict import verdict
from watchkeeper.overview.deployment_gate import GateRules, by_objective, decisive, judged
from watchkeeper.overview.objective_detail import of_row
from watchkeeper.overview.objective_rows import Objective
from watchkeeper.overview.snapshot import FAULT, WELL, Snapshot, services
from watchkeeper.overview.value_rows import shown_name, summed_up, value_of, with_labels
from watchkeeper.prometheus_api import Sample


def _value(value: str, **values: float) -> list[Sample]:
    return samples("api", "checkout", {"handler": value}, **values)


def _gone(value: str, remaining: float) -> list[Sample]:
    """Return what remains of a value that is not counted any more: its budget, until its window is empty."""
    kept = ("slo:error_budget:remaining_ratio", "slo:objective:ratio")
    return [one for one in _value(value, remaining=remaining) if one.labels["__name__"] in kept]


OTHER = _value("__other__")
PAY = _value("/pay", remaining=-0.2)
CART = _value("/cart", burn_1h=3.0)


def _seen(*found: list[Sample], firing: str = "") -> Snapshot:
    alerts = (alert("api", handler=firing),) if firing else ()
    return Snapshot(1.0, objectives=tuple(with_labels(rows(*found, alerts=alerts))), alerts=alerts)


def _one(seen: Snapshot) -> Objective:
    (found,) = seen.summed
    return found


def test_an_objective_is_one_row_in_the_state_of_its_worst_value() -> None:
    seen = _seen(OTHER, PAY, CART, _value("/ok"))
    found = _one(seen)
    assert (found.name, found.state, value_of(found)) == ("checkout-api", "spent", "/pay")
    assert shown_name(found) == "checkout-api handler=/pay (worst of 4: 1 spent, 1 burning)"
    assert seen.states == {"spent": 1}
    assert [value_of(one) for one in found.values] == ["/pay", "/cart", "/ok", "__other__"]
    assert _one(_seen(OTHER, PAY, CART, firing="/cart")).labels["handler"] == "/cart"
    assert shown_name(_one(_seen(OTHER, _value("/ok")))).endswith("(worst of 2)")


def test_other_objectives_and_environments_stay_apart() -> None:
    plain_one, split = samples("latency"), samples("latency", labels={"handler": "/a"})
    assert [one.by for one in with_labels(rows(plain_one, split))] == ["", ""]
    two = [
        samples("api", labels={"handler": value, "environment": environment})
        for environment in ("staging", "production")
        for value in ("/a", "__other__")
    ]
    found = summed_up(with_labels(rows(plain_one, *two)))
    assert [(one.name, len(one.values)) for one in found] == [
        ("checkout-api environment=production", 2),
        ("checkout-api environment=staging", 2),
        ("checkout-latency", 0),
    ]


def test_a_value_that_vanished_decides_nothing_while_others_are_counted() -> None:
    seen = _seen(OTHER, _value("/new"), _gone("/old", remaining=-3.0))
    assert _one(seen).state == "ok"
    assert seen.verdict == WELL
    assert [one.state for one in services(seen)] == ["ok"]
    assert verdict(seen, now=1.0).kind == "met"
    assert [value_of(one) for one in _one(seen).values][-1] == "/old"
    assert [judged(row, GateRules()).verdict for row in decisive(seen.objectives)] == ["passed", "passed"]
    alone = _seen(_gone("__other__", remaining=0.9), _gone("/old", remaining=0.9))
    assert _one(alone).state == "no data"
    assert [judged(row, GateRules()).verdict for row in decisive(alone.objectives)] == ["unknown", "unknown"]


def test_the_gate_names_the_values_that_refuse() -> None:
    def line(*found: list[Sample]) -> tuple[str, str]:
        every = [judged(row, GateRules()) for row in decisive(_seen(OTHER, *found).objectives)]
        (one,) = by_objective(every)
        return one.verdict, one.reason

    assert line(PAY, CART) == (
        "refused",
        (
            "2 of 3 by handler: /pay: the budget of 30d is spent (-20% of the budget left); "
            "burn rate 0.2 over 1h, 0.1 over 6h; /cart: burn rate 3.0 over 1h, 0.1 over 6h; 90% of the budget left"
        ),
    )
    many = [_value(f"/{number}", remaining=-1.0) for number in range(5)]
    assert line(*many)[1].startswith("5 of 6 by handler: /0: ")
    assert line(*many)[1].endswith("; and 2 more")
    assert line(_value("/a", remaining=0.4)) == (
        "passed",
        "worst of 2 by handler, /a: 40% of the budget left; burn rate 0.2 over 1h, 0.1 over 6h",
    )


def test_text_has_the_worst_or_every_value_and_documents_have_every_one() -> None:
    seen = _seen(OTHER, PAY, CART)

    def text(*, with_values: bool) -> str:
        return overview_text(seen, lambda one, _: one, ASCII, with_targets=False, with_values=with_values)

    assert "checkout-api handler=/pay (worst of 3: 1 spent, 1 burning)" in text(with_values=False)
    assert "/cart" not in text(with_values=False)
    assert "checkout-api handler=/cart" in text(with_values=True)
    document = overview_document(seen)
    assert [(one["by"], one["labels"]["handler"]) for one in document["objectives"]] == [
        ("handler", "/pay"),
        ("handler", "/cart"),
        ("handler", "__other__"),
    ]
    assert document["summary"]["objectives"] == {"spent": 1}
    assert document["summary"]["verdict"] == ("well", "burning or firing", "unreachable")[FAULT]


def test_an_open_objective_lists_its_values() -> None:
    found = _one(_seen(OTHER, PAY, _gone("/old\x1b[31m", remaining=0.5)))
    lines = [plain(one) for one in objective_page(found, None, ASCII)]
    (index,) = (number for number, one in enumerate(lines) if one.endswith("  handler"))
    assert [one.split()[-1] for one in lines[index + 1 : index + 3]] == ["/pay", "__other__"]
    assert lines[index + 3].endswith("/old?[31m  (no events of late)")


def test_what_alerts_need_is_about_the_own_value() -> None:
    found = _one(_seen(OTHER, PAY))
    answered = [Sample({"handler": one, "condition": "0"}, 1.0) for one in ("/pay", "__other__")]
    assert of_row(found, [*answered, Sample({"condition": "1"}, 2.0)]) == [
        answered[0],
        Sample({"condition": "1"}, 2.0),
    ]


def test_the_front_page_has_a_row_and_its_values_below() -> None:
    seen = _seen(OTHER, PAY, CART)
    (row,) = objectives_table(seen).rows
    assert row[:2] == ("✘ spent", "api handler=/pay (worst of 3: 1 spent, 1 burning)")
    # A filter by a value finds the objective too.
    assert "handler=/cart" in objectives_table(seen).tags[0]
    (values,) = values_tables(seen)
    assert values.caption == "checkout-api by handler"
    assert [one[-1] for one in values.rows] == [
        f"team=payments, handler={name}" for name in ("/pay", "/cart", "__other__")
    ]
    assert (
        "checkout-api handler=/pay (worst of 3: 1 spent, 1 burning) has no error budget left"
        in verdict(seen, now=1.0).text
    )
    assert values_tables(_seen(samples("latency"))) == ()
