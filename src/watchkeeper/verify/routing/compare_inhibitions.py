"""Compare which alerts mute others with the promise: those of the plan, and their likes elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from watchkeeper.naming import KIND_LABEL
from watchkeeper.verify.routing.inhibited_pairs import all_muting, muting
from watchkeeper.verify.routing.routing_config import RoutingConfig
from watchkeeper.verify.routing.routing_fault import Found, place
from watchkeeper.verify.routing.witnesses import Witness, changed


def inhibition_faults(
    alerts: Sequence[Witness], published: RoutingConfig, promised: RoutingConfig
) -> Iterator[Found]:
    """Yield each pair that the published rules mute otherwise than promised: place, words, and the pair."""
    sources, targets = _with_likes(alerts, promised)
    left, right = [one.labels for one in sources], [one.labels for one in targets]
    now, promise = (
        all_muting(published.inhibitions, left, right),
        all_muting(promised.inhibitions, left, right),
    )
    by_name = {rule.name: rule for rule in published.inhibitions if rule.name}
    for pair in sorted(promise.keys() - now.keys()):
        rule = by_name.get(promise[pair].name)
        why = "no longer mutes what it should," if rule else "is missing, so that alerts are not muted:"
        words = f"the inhibit rule {promise[pair].name or 'without a name'} {why}"
        yield place(rule.line if rule else 0), words, _pair(sources, targets, pair)
    for pair in sorted(now.keys() - promise.keys()):
        words = f"the inhibit rule {now[pair].name or 'without a name'} mutes what must notify,"
        yield place(now[pair].line), words, _pair(sources, targets, pair)


def _with_likes(alerts: Sequence[Witness], promised: RoutingConfig) -> tuple[list[Witness], list[Witness]]:
    """Return the alerts as sources and as targets, with likes of one of each kind for every promised rule.

    A like differs in one label that some rule reads: it is of another service or environment, or of another kind.
    """
    labels = [one.labels for one in alerts]
    sources, targets = list(alerts), list(alerts)
    for rule in promised.inhibitions:
        read = sorted({name for name, _, _ in (*rule.source, *rule.target)} | set(rule.equal))
        examples: dict[tuple[str, ...], tuple[int, int]] = {}
        for pair in sorted(muting(rule, labels, labels)):
            examples.setdefault(tuple(labels[one].get(KIND_LABEL, "") for one in pair), pair)
        for name in read:
            for source, target in examples.values():
                sources += changed(alerts[source], name)
                targets += changed(alerts[target], name)
    return sources, targets


def _pair(sources: Sequence[Witness], targets: Sequence[Witness], pair: tuple[int, int]) -> str:
    return f"{targets[pair[1]].about} by {sources[pair[0]].about}"
