"""The contract's `PACKS` is the only list of packs: every other one follows it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backend_instrumentation.contract import PACKS
from backend_instrumentation.packs import TypedPacks
from scripts.pack_schemas import KEYS, ROOT, with_packs

WITHOUT_ATTRIBUTE = {
    "http",
    "system",
    "http_sizes",
    "http_first_byte",
}  # the middleware and the scrape record these
FURTHER = {"own", "recording"}


@pytest.mark.parametrize(("path", "key"), KEYS.items(), ids=KEYS.values())
def test_a_schema_repeats_the_contracts_packs(path: Path, key: str) -> None:
    assert path.read_text() == with_packs(path.read_text(), key), "run: python scripts/pack_schemas.py"


@pytest.mark.parametrize(("path", "key"), KEYS.items(), ids=KEYS.values())
def test_a_new_pack_reaches_the_schema_in_its_layout(path: Path, key: str) -> None:
    before = path.read_text()
    after = with_packs(before, key, (*PACKS, "new"))
    assert json.loads(after) != json.loads(before)
    assert with_packs(after, key) == before


def test_a_schema_without_packs_is_refused() -> None:
    with pytest.raises(ValueError, match="no list of packs at 'packs'"):
        with_packs("{}", "packs")


def test_every_pack_with_helpers_is_an_attribute() -> None:
    attributes = {name for name, value in vars(TypedPacks).items() if hasattr(value, "attrname")}
    assert attributes - FURTHER == set(PACKS) - WITHOUT_ATTRIBUTE


def test_the_packages_readme_lists_the_packs() -> None:
    assert f"`{' '.join(PACKS)}`" in (ROOT / "backend_instrumentation" / "README.md").read_text()
