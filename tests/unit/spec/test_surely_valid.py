"""The quick check accepts good specs, and nothing that the full validator refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.specs import specs
from watchkeeper.spec.document.load import Unreadable, load
from watchkeeper.spec.schema import schema
from watchkeeper.spec.shape.surely_valid import compile_check, is_surely_valid
from watchkeeper.spec.shape.validate import _validator

from .bad_specs import BAD_SPECS, BadSpec

ROOT = Path(__file__).parents[3]
GOOD = [ROOT / "monitoring" / "SLO_DEFINITIONS.yml", *sorted((ROOT / "examples").rglob("*.yml"))]
PIECES = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 3), st.decimals(allow_nan=False, allow_infinity=False, places=2),
    st.sampled_from(("", "a", "http", "30d", "5m", "99.9%", "99.9", "0.999", "critical", "{{", "a" * 2100, "up{")),
    st.just([]), st.just({}), st.just(["http", "http"]), st.just({"a": "b"}), st.just([[]]),
)  # fmt: skip


def is_refused(document: Any) -> bool:
    return any(_validator().iter_errors(document))


@pytest.mark.parametrize(
    "path", [path for path in GOOD if "watchkeeper/v1" in path.read_text()], ids=lambda p: p.name
)
def test_a_good_spec_is_accepted(path: Path) -> None:
    assert is_surely_valid(load(path, shown_as="spec.yml")[0].root.plain(), is_root=True)


@pytest.mark.parametrize("bad", BAD_SPECS, ids=lambda bad: bad.title)
def test_what_the_validator_refuses_is_never_accepted(bad: BadSpec, tmp_path: Path) -> None:
    path = tmp_path / "spec.yml"
    path.write_text(bad.clean)
    try:
        plain = load(path, shown_as="spec.yml")[0].root.plain()
    except Unreadable:
        return
    assert is_surely_valid(plain, is_root=True) == (not is_refused(plain))


@settings(max_examples=100, deadline=None)
@given(spec=specs(), data=st.data())
def test_one_wrong_value_anywhere_is_noticed(spec: dict[str, Any], data: st.DataObject) -> None:
    place: Any = spec
    while isinstance(place, dict | list) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from([*keys, "further"] if isinstance(place, dict) else keys))
        if key == "further" or not isinstance(place[key], dict | list) or data.draw(st.booleans()):
            place[key] = data.draw(PIECES)
            break
        place = place[key]
    assert not (is_surely_valid(spec, is_root=True) and is_refused(spec))


def test_an_included_file_need_not_repeat_the_version() -> None:
    assert is_surely_valid({"service": "a"}, is_root=False)
    assert not is_surely_valid({"service": "a"}, is_root=True)
    assert not is_surely_valid({"version": "v2", "service": "a"}, is_root=False)


@pytest.mark.parametrize(
    ("part", "value"),
    [({"pattern": "a"}, "a"), ({"oneOf": [{"type": "string"}]}, "a"), ({"format": "date"}, "2020-01-01"),
     ({"enum": [1]}, True), ({"const": 0}, False), ({"type": "integer"}, True), ({"uniqueItems": True}, [1, True])],
)  # fmt: skip
def test_unknown_keywords_are_not_accepted(part: dict[str, Any], value: object) -> None:
    assert not compile_check(part, part, {})(value)


def test_a_part_that_refers_to_itself_is_not_followed_forever() -> None:
    part = {"properties": {"inner": {"$ref": "#"}}}
    whole = {"$defs": {"tree": {"properties": {"inner": {"$ref": "#/$defs/tree"}}}}}
    check = compile_check({"$ref": "#/$defs/tree"}, whole, {})
    assert check({})
    assert not check({"inner": {"inner": {}}})
    assert schema() is schema()
    assert part
