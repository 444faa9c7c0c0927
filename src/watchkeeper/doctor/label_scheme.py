"""Which labels of a Prometheus fit a service: the `match` that its spec would need."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

from watchkeeper.doctor.server import Server

# What distinguishes services in the usual scrape configurations; instances and pods come and go.
_SCHEME = ("job", "namespace")
_SIMILAR = 0.5
_MOST = 3

Match = dict[str, str]


def proposals(server: Server, service: str, metrics: Iterable[str]) -> tuple[Match, ...]:
    """Return the labels under which series of all these metrics exist, the most similar to the name first.

    Metrics that nobody exposes are left out; without any other, the targets themselves decide.
    """
    sets = [{tuple(one.items()) for one in server.groups(metric, _SCHEME) if one} for metric in metrics]
    known = [one for one in sets if one] or [{tuple(one.items()) for one in server.groups("up", _SCHEME)}]
    common = set.intersection(*known)
    ranked = sorted((-_likeness(service, dict(one)), one) for one in common if one)
    similar = [one for likeness, one in ranked if -likeness >= _SIMILAR]
    only = [one for _, one in ranked] if len(ranked) == 1 else []
    return tuple(dict(one) for one in (similar or only)[:_MOST])


def _likeness(service: str, labels: Match) -> float:
    name = labels.get("job", "").rpartition("/")[2]
    if service in name.split("-") or name == service:
        return 1 + 1 / (1 + len(name))
    return SequenceMatcher(None, service, name).ratio()
