"""`verify` notices mutants of the rendered routing of every kind; the full run is `make mutants ARGS=--routing`."""

from __future__ import annotations

from collections import Counter

import pytest

from scripts.mutants.__main__ import ROOT
from scripts.mutants.accepted import accepted, reason_for
from scripts.mutants.mutant import Mutant
from scripts.mutants.routing.run import EQUIVALENT, Site, all_pass, mutants_of, sites, tried
from tests.conftest import need_tool


@pytest.fixture(scope="module")
def every() -> tuple[Site, ...]:
    return sites(ROOT / "monitoring" / "SLO_DEFINITIONS.yml")


@pytest.fixture(scope="module")
def made(every: tuple[Site, ...]) -> list[list[Mutant]]:
    """Return the mutants of each site."""
    return [list(mutants_of(site)) for site in every]


def test_each_routing_has_mutants_of_every_kind(made: list[list[Mutant]]) -> None:
    kinds = [Counter(one.kind for one in of_site) for of_site in made]
    assert sum(kinds[1].values()) > 500
    assert set(kinds[1]) - set(kinds[0]) == {"active hours", "hours", "mute", "others at other times"}
    assert {"route dropped", "route's matcher", "receiver dropped", "integration dropped", "inhibition dropped",
            "equal", "group_by", "times", "continue", "order"} <= set(kinds[0])  # fmt: skip


def test_mutants_have_ids_and_texts_of_their_own(every: tuple[Site, ...], made: list[list[Mutant]]) -> None:
    for site, of_site in zip(every, made, strict=True):
        assert len({one.id for one in of_site}) == len({one.text for one in of_site}) == len(of_site)
        lines = site.text.splitlines()
        receiver = next(one for one in of_site if one.kind == "receiver dropped")
        assert lines[receiver.line - 1].strip() == f"- name: {receiver.words.split()[0]}"


def test_every_accepted_survivor_is_a_mutant(made: list[list[Mutant]]) -> None:
    for one in accepted(EQUIVALENT):
        assert any(one.fits(mutant) for of_site in made for mutant in of_site), f"{one.id} fits no mutant"


@pytest.mark.tools
def test_a_mutant_of_each_kind_is_noticed(every: tuple[Site, ...], made: list[list[Mutant]]) -> None:
    need_tool("alertmanager")
    all_pass(every)
    known = accepted(EQUIVALENT)
    firsts = {(one.path, one.kind): one for of_site in made for one in of_site if not reason_for(one, known)}
    verdicts = tried(every, list(firsts.values()), 2, lambda _: None)
    assert len(verdicts) > 30
    assert [one.mutant.id for one in verdicts if one.fate != "killed"] == []
    assert all("alertmanager.yml" in one.proof for one in verdicts)


@pytest.mark.tools
def test_a_change_that_changes_nothing_survives(every: tuple[Site, ...], made: list[list[Mutant]]) -> None:
    need_tool("alertmanager")
    known = accepted(EQUIVALENT)
    alive = next(one for one in made[0] if reason_for(one, known))
    (verdict,) = tried(every, [alive], 1, lambda _: None)
    assert verdict.fate == "survived"
