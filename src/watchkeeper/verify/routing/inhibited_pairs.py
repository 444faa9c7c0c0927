"""Which alert mutes which while both fire, as Alertmanager decides it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from watchkeeper.plan.notified_labels import fits
from watchkeeper.verify.routing.routing_config import InhibitEntry

Labels = Mapping[str, str]


def muting(rule: InhibitEntry, sources: Sequence[Labels], targets: Sequence[Labels]) -> set[tuple[int, int]]:
    """Return the pairs of source and target, by their places, that the rule makes.

    An alert that fits both sides is muted only by one that fits the source side alone, so none mutes itself.
    """
    by_equal: dict[tuple[str, ...], list[tuple[int, bool]]] = {}
    for number, labels in enumerate(sources):
        if fits(rule.source, labels):
            by_equal.setdefault(_values(rule, labels), []).append((number, fits(rule.target, labels)))
    found = set()
    for number, labels in enumerate(targets):
        if by_equal and fits(rule.target, labels):
            is_source = fits(rule.source, labels)
            for source, is_target in by_equal.get(_values(rule, labels), ()):
                if not (is_source and is_target):
                    found.add((source, number))
    return found


def all_muting(
    rules: Iterable[InhibitEntry], sources: Sequence[Labels], targets: Sequence[Labels]
) -> dict[tuple[int, int], InhibitEntry]:
    """Return every pair with the first rule that makes it."""
    found: dict[tuple[int, int], InhibitEntry] = {}
    for rule in rules:
        for pair in muting(rule, sources, targets):
            found.setdefault(pair, rule)
    return found


def _values(rule: InhibitEntry, labels: Labels) -> tuple[str, ...]:
    # A label that is missing on both sides counts as equal.
    return tuple(labels.get(name, "") for name in rule.equal)
