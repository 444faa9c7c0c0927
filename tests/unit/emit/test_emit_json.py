"""What the JSON dumper writes, and what it refuses."""

from __future__ import annotations

import json as stdlib
from decimal import Decimal

import pytest

from watchkeeper.emit import json


def test_keys_are_sorted_and_numbers_are_exact() -> None:
    value: json.Value = {
        "b": [1, True, None, Decimal("0.001"), Decimal("1E-9"), Decimal("99.90")],
        "a": {"é\u2028": '"\\\n\x00', "": []},
        "c": {},
    }
    text = json.dump(value)
    assert text == (
        '{\n  "a": {\n    "": [],\n    "é\u2028": "\\"\\\\\\n\\u0000"\n  },\n'
        '  "b": [\n    1,\n    true,\n    null,\n    0.001,\n    0.000000001,\n    99.90\n  ],\n'
        '  "c": {}\n}\n'
    )
    assert stdlib.loads(text, parse_float=Decimal) == value


def test_it_is_what_the_standard_library_writes_where_that_is_exact() -> None:
    value: json.Value = {"z": [[], [1, ["x", {}]], {"k": None}], "a": ({"y": 2, "x": "ü"}, False)}
    assert json.dump(value) == stdlib.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("value", [1.5, float("nan"), b"x", {1}, {1: "x"}, {"k": [0.1]}, {None: 1}])
def test_inexact_and_foreign_values_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        json.dump(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("-Infinity"), "\ud800", {"\udc00": 1}])
def test_values_that_no_file_can_hold_are_refused(value: json.Value) -> None:
    with pytest.raises(ValueError, match=r"."):
        json.dump(value)
