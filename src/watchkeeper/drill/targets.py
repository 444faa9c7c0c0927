"""The receivers that an alert must reach, each distinguishable at the sinks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from email.utils import getaddresses

from watchkeeper.model.notify import Email, Receiver
from watchkeeper.plan.plan import PlannedRoute
from watchkeeper.sinks.delivery import Channel, Delivery


@dataclass(frozen=True, slots=True)
class Target:
    """A receiver as the sinks see it; `label` names it for people, `mailboxes` is only set for mail."""

    name: str
    channel: Channel
    label: str
    mailboxes: frozenset[str] = frozenset()

    def takes(self, delivery: Delivery) -> bool:
        """Return whether the delivery was for this receiver; two with the same mailbox share their mail."""
        if delivery.channel != self.channel:
            return False
        if self.channel == "email":
            return self.mailboxes <= _recipients(delivery)
        return delivery.receiver == self.name


def targets_of(route: PlannedRoute) -> tuple[Target, ...]:
    """Return every receiver of a route in order, labeled by its channel unless several share it."""
    count = Counter(one.integration.kind for one in route.integrations)
    return tuple(_target(one, alone=count[one.integration.kind] == 1) for one in route.integrations)


def target_of(receiver: Receiver) -> Target:
    """Return one receiver, labeled by its channel and name."""
    return _target(receiver, alone=False)


def _target(receiver: Receiver, *, alone: bool) -> Target:
    channel = receiver.integration.kind
    label = channel if alone else f"{channel} ({receiver.name})"
    match receiver.integration:
        case Email() as email:
            return Target(receiver.name, channel, label, _mailboxes([email.to]))
    return Target(receiver.name, channel, label)


def _recipients(delivery: Delivery) -> frozenset[str]:
    listed = delivery.raw.get("to")
    return _mailboxes([str(one) for one in listed]) if isinstance(listed, list) else frozenset()


def _mailboxes(headers: list[str]) -> frozenset[str]:
    return frozenset(address.lower() for _, address in getaddresses(headers) if address)
