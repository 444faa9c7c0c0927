"""The schema's lists and the tables of the code name the same presets, receiver kinds, packs and severities."""

from __future__ import annotations

from typing import Any, get_args

from backend_instrumentation import contract
from watchkeeper.model.alert import SEVERITIES, Preset
from watchkeeper.model.notify import ReceiverKind
from watchkeeper.model.slo import SliKind
from watchkeeper.plan.proofs.scenarios.threshold_scenarios import SCENARIOS
from watchkeeper.spec.parse.parse_receiver import RECEIVER_SHAPES
from watchkeeper.spec.preset_shapes import PRESET_SHAPES
from watchkeeper.spec.schema import schema

DEFINITIONS: dict[str, Any] = schema()["$defs"]


def _keys(name: str) -> dict[str, Any]:
    keys: dict[str, Any] = DEFINITIONS[name]["properties"]
    return keys


def test_presets() -> None:
    assert _keys("alert")["preset"]["enum"] == [*get_args(Preset)] == [*PRESET_SHAPES]
    # A metric_conflict has no threshold to scan: conflict_scenario.py has its one scenario.
    assert {*SCENARIOS, "metric_conflict"} == {*get_args(Preset)}
    for shape in PRESET_SHAPES.values():
        assert {*shape.required, *shape.optional} <= _keys("alert").keys()


def test_receiver_kinds() -> None:
    assert _keys("receiver")["type"]["enum"] == [*get_args(ReceiverKind)] == [*RECEIVER_SHAPES]
    keys = {key for shape in RECEIVER_SHAPES.values() for key in (*shape.required, *shape.optional)}
    # How each of them is reached over HTTP is one key for all.
    assert {"type", "http", *keys} == _keys("receiver").keys()


def test_packs() -> None:
    assert _keys("service")["signals"]["items"]["enum"] == [*contract.PACKS]


def test_severities() -> None:
    assert DEFINITIONS["severity"]["enum"] == [*SEVERITIES]
    assert [*_keys("routes")] == [*SEVERITIES]
    assert _keys("mute")["severities"]["items"]["enum"] == [*SEVERITIES]


def test_indicator_kinds() -> None:
    assert {*get_args(SliKind)} <= _keys("sli").keys()
