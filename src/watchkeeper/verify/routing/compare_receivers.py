"""Find the spec's receivers in the published ones, by where they send and with which key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from watchkeeper.verify.routing.integration_promise import differences
from watchkeeper.verify.routing.routing_config import IntegrationEntry, ReceiverEntry, RoutingConfig
from watchkeeper.verify.routing.routing_fault import Found, place


@dataclass(frozen=True, slots=True)
class Recognized:
    """A published integration under the spec's name; with `differ`, it only stands in the place of that receiver."""

    name: str
    line: int
    differ: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """Return the name for people."""
        return f"another {self.name}" if self.differ else self.name


class Contents:
    """What is behind each published receiver, in the names of the spec."""

    def __init__(self, published: RoutingConfig, promised: RoutingConfig) -> None:
        self._published, self._promised = published.receivers, promised.receivers
        self._known: dict[tuple[str, str], tuple[Recognized, ...]] = {}

    def recognized(self, receiver: str, wanted: str) -> tuple[Recognized, ...]:
        """Return a published receiver's integrations, those that the wanted receiver promises first."""
        key = (receiver, wanted)
        if key not in self._known:
            published = self._published.get(receiver, ReceiverEntry()).integrations
            self._known[key] = tuple(self._matched(list(published), wanted))
        return self._known[key]

    def faults(self) -> Iterator[Found]:
        """Yield each setting with which a receiver's messages would go elsewhere, or not at all."""
        for receiver in self._promised:
            for one in self.recognized(receiver, receiver):
                for words in one.differ:
                    yield place(one.line), f"the receiver {receiver} differs: {words}", one.name

    def _matched(self, left: list[IntegrationEntry], wanted: str) -> Iterator[Recognized]:
        missing = []
        for promise in self._promised.get(wanted, ReceiverEntry()).integrations:
            same = next((entry for entry in left if _is(entry, promise)), None)
            if same is None:
                missing.append(promise)
            else:
                left.remove(same)
                yield Recognized(promise.name, same.line)
        for entry in left:
            name = self._name(entry)
            near = next((one for one in missing if one.kind == entry.kind), None)
            if name is None and near is not None:
                missing.remove(near)
                yield Recognized(near.name, entry.line, differences(near, entry))
            else:
                yield Recognized(name or f"an unknown {entry.kind}", entry.line)

    def _name(self, entry: IntegrationEntry) -> str | None:
        every = (one for receiver in self._promised.values() for one in receiver.integrations)
        return next((one.name for one in every if _is(entry, one)), None)


def _is(entry: IntegrationEntry, promise: IntegrationEntry) -> bool:
    return entry.kind == promise.kind and not differences(promise, entry)
