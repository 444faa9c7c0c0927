"""Texts with slots."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.emit.template import fill, slot, split

NAMES = ("path", "fed0", "firingFastBurn")
PLAIN = st.text(st.characters(exclude_characters="\x02\x03"), max_size=8)


@given(texts=st.lists(PLAIN, min_size=1, max_size=6), data=st.data(), values=st.tuples(PLAIN, PLAIN, PLAIN))
def test_every_slot_takes_its_value_and_all_else_stays(
    texts: list[str], data: st.DataObject, values: tuple[str, str, str]
) -> None:
    named = dict(zip(NAMES, values, strict=True))
    text, wanted = texts[0], texts[0]
    for further in texts[1:]:
        name = data.draw(st.sampled_from(NAMES))
        text += slot(name) + further
        wanted += named[name] + further
    assert fill(split(text), named) == wanted


def test_a_value_is_never_read_as_a_slot() -> None:
    assert fill(split(slot("a") + slot("b")), {"a": slot("b"), "b": "x"}) == slot("b") + "x"


def test_pieces_can_be_filled_again() -> None:
    pieces = split(f"<{slot('a')}>")
    assert [fill(pieces, {"a": text}) for text in "xy"] == ["<x>", "<y>"]


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="b"):
        fill(split(f"{slot('a')}{slot('b')}"), {"a": "x"})
