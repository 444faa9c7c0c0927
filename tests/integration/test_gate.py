"""`watchkeeper gate` reads a real Prometheus, and its examples for pipelines are commands that it takes."""

from __future__ import annotations

import json
import re
import shlex
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.recorded import History, objective_series, prometheus
from watchkeeper.cli import _parser, main

pytestmark = pytest.mark.tools
STEP = 30
PAGE = Path(__file__).parents[2] / "docs" / "gate.md"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return a Prometheus with objectives of 99.9% in each state but `firing`."""
    series = objective_series("shop-calm", bad=0.0005)
    series |= objective_series("shop-burning", bad=0.003)
    series |= objective_series("pay-spent", bad=0.02)
    series |= objective_series("pay-over", bad=0.0004)
    series |= objective_series("pay-blind")
    over, blind = (
        f'service="pay",slo="{one}",slo_id="pay-{one}",team="payments"' for one in ("over", "blind")
    )
    series["slo:error_budget:remaining_ratio", over] = lambda _: -0.2
    del series["slo:bad:rate_base", blind]
    for tenant, bad in (("acme", 0.0005), ("globex", 0.02), ("__other__", 0.0)):
        of_one = objective_series("mall-orders", bad=bad)
        series |= {(name, f'{labels},tenant="{tenant}"'): value for (name, labels), value in of_one.items()}
    # This one left; only its budget is still recorded.
    left = 'service="mall",slo="orders",slo_id="mall-orders",team="payments",tenant="initech"'
    series["slo:error_budget:remaining_ratio", left] = lambda _: -0.5
    now = int(time.time()) // STEP * STEP
    with prometheus(tmp_path_factory.mktemp("gate"), History(series, now - 600, now + 900, STEP)) as address:
        yield address


def _gate(
    server: str, capsys: pytest.CaptureFixture[str], *flags: str
) -> tuple[int, dict[str, tuple[str, str]]]:
    code = main(["gate", "--prometheus", server, "--format", "json", *flags])
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert code == {"passed": 0, "refused": 1, "unknown": 2}[document["verdict"]]
    return code, {one["slo_id"]: (one["verdict"], one["reason"]) for one in document["objectives"]}


def test_a_budget_that_is_spent_or_burns_refuses_with_its_reason(
    server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = _gate(server, capsys, "--service", "pay", "--service", "shop")
    assert (code, found) == (
        1,
        {
            "pay-spent": ("refused", "burn rate 20.0 over 1h, 20.0 over 6h; -100% of the budget left"),
            "pay-over": (
                "refused",
                "the budget of 30d is spent (-20% of the budget left); burn rate 0.4 over 1h, 0.4 over 6h",
            ),
            "shop-burning": ("refused", "burn rate 3.0 over 1h, 3.0 over 6h; 70% of the budget left"),
            "pay-blind": (
                "unknown",
                "nothing is recorded: its rules do not run, or their metric is missing",
            ),
            "shop-calm": ("passed", "95% of the budget left; burn rate 0.5 over 1h, 0.5 over 6h"),
        },
    )


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (["--slo", "shop/calm"], 0),
        (["--slo", "shop-calm"], 0),
        (["--slo", "shop-burning"], 1),
        (["--service", "shop"], 1),
        (["--service", "shop", "--burn", "3.5"], 0),
        (["--slo", "shop/calm", "--burn", "0.4"], 1),
        (["--slo", "pay/over"], 1),
        (["--slo", "pay/over", "--allow-spent"], 0),
        (["--slo", "pay/over", "--allow-spent", "--burn", "0.3"], 1),
        (["--slo", "pay/spent", "--allow-spent"], 1),
        # What cannot be seen does not pass, and does not hide what is refused.
        (["--slo", "pay/blind"], 2),
        (["--slo", "pay/blind", "--slo", "shop/calm"], 2),
        (["--slo", "pay/blind", "--slo", "shop/burning"], 1),
    ],
)
def test_the_worst_objective_that_is_chosen_decides(
    flags: list[str], code: int, server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _gate(server, capsys, *flags)[0] == code


def test_the_lines_say_the_same_the_worst_first(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gate", "--prometheus", server, "--service", "shop"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "refused  shop-burning  burn rate 3.0 over 1h, 3.0 over 6h; 70% of the budget left",
        "passed   shop-calm     95% of the budget left; burn rate 0.5 over 1h, 0.5 over 6h",
        "refused: 1 refused, 1 passed",
    ]


def test_a_line_names_the_values_of_a_label_that_are_refused(
    server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    gate = ["gate", "--prometheus", server, "--slo", "mall/orders"]
    spent = "burn rate 20.0 over 1h, 20.0 over 6h; -100% of the budget left"
    assert main(gate) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"refused  mall-orders  1 of 3 by tenant: globex: {spent}",
        "refused: 1 refused",
    ]
    assert main([*gate, "--values"]) == 1
    assert capsys.readouterr().out.splitlines()[0] == f"refused  mall-orders tenant=globex     {spent}"
    assert main([*gate, "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)["objectives"]
    assert {one["value"]: one["verdict"] for one in found} == {
        "acme": "passed",
        "globex": "refused",
        "__other__": "passed",
    }


def test_unknown_names_and_rates_are_one_line_each_and_none_passes(
    server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--slo", "shop/clam", "--slo", "shop/calm", "--service", "sale"]
    assert main(["gate", "--prometheus", server, *flags]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.splitlines()) == (
        "",
        [
            "error: --slo: nothing is recorded of shop/clam; did you mean shop/calm?",
            "error: --service: nothing is recorded of sale; it has mall, pay, shop",
        ],
    )
    for flag in ("0", "-1", "nan", "inf", "fast"):
        assert main(["gate", "--prometheus", server, f"--burn={flag}"]) == 2
        assert capsys.readouterr().err.count("is not a burn rate above 0") == 1
    assert main(["gate", "--prometheus", "http://127.0.0.1:9"]) == 2
    assert capsys.readouterr().err == "error: http://127.0.0.1:9: nothing listens\n"
    assert main(["gate", "--prometheus", "prometheus:9090"]) == 2
    assert "is not an address" in capsys.readouterr().err


def test_the_pipelines_of_the_page_are_yaml_and_their_commands_are_taken() -> None:
    documents = [
        yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    ]
    github, gitlab = documents
    steps = [step["run"] for step in github["jobs"]["gate"]["steps"] if "run" in step]
    scripts = [line for text in (*steps, *gitlab["gate"]["script"]) for line in text.splitlines()]
    commands = [shlex.split(line) for line in scripts if line.startswith("watchkeeper ")]
    assert len(commands) == 2
    for command in commands:
        args = _parser(command[1:]).parse_args(command[1:])
        assert (args.command, args.slo or args.service) != ("gate", [])
    assert gitlab["deploy"]["needs"] == [{"job": "gate", "optional": True}]
    assert github["jobs"]["deploy"]["needs"] == "gate"
