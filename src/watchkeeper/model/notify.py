"""Notifications: receivers, the severity that each one serves, and planned silence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from watchkeeper.model.duration import Duration
from watchkeeper.model.position import Position

# The receiver of the dead-man's switch; no receiver of the spec can have its name.
DEAD_MAN = "dead_man"

ReceiverKind = Literal["slack", "email", "pagerduty", "webhook"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    """A Slack incoming webhook; its address is a secret, the content of `webhook_file`."""

    kind: ClassVar[ReceiverKind] = "slack"
    webhook_file: str
    channel: str

    @property
    def secret_file(self) -> str:
        """Return the path of the file that holds the secret."""
        return self.webhook_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Email:
    """A mailbox and the server that takes its mail; `auth_password_file` contains the password."""

    kind: ClassVar[ReceiverKind] = "email"
    to: str
    sender: str
    smarthost: str
    auth_username: str | None
    auth_password_file: str | None
    require_tls: bool

    @property
    def secret_file(self) -> str | None:
        """Return the path of the file that holds the secret, if there is one."""
        return self.auth_password_file


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDuty:
    """A PagerDuty service integration (Events API v2); `routing_key_file` contains the key."""

    kind: ClassVar[ReceiverKind] = "pagerduty"
    routing_key_file: str
    url: str

    @property
    def secret_file(self) -> str:
        """Return the path of the file that holds the secret."""
        return self.routing_key_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A generic HTTP receiver; `url_file` contains its address."""

    kind: ClassVar[ReceiverKind] = "webhook"
    url_file: str

    @property
    def secret_file(self) -> str:
        """Return the path of the file that holds the secret."""
        return self.url_file


Integration = Slack | Email | PagerDuty | Webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A named way to reach people, with the one integration behind it."""

    name: str
    integration: Integration
    where: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The receivers that one severity reaches, in the spec's order."""

    severity: str
    receivers: tuple[str, ...]
    positions: tuple[Position, ...]
    where: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """A planned silence for warnings and information: days, hours, time zone."""

    name: str
    severities: tuple[str, ...]
    weekdays: tuple[str, ...]
    times: tuple[tuple[str, str], ...]
    location: str
    where: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadMan:
    """A dead-man's switch: a service outside of the stack that notices when the Watchdog stops.

    Alertmanager sends a beat every `group_interval`; `repeat_interval` must be shorter, or it leaves out every other one.
    """

    url_file: str
    group_interval: Duration
    repeat_interval: Duration
    where: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """All of the spec's `notify:`."""

    receivers: tuple[Receiver, ...] = ()
    routes: tuple[Route, ...] = ()
    mutes: tuple[Mute, ...] = ()
    dead_man: DeadMan | None = None
    where: Position | None = None

    def receivers_of(self, severity: str) -> tuple[str, ...]:
        """Return the names of a severity's receivers, in the spec's order."""
        return next((route.receivers for route in self.routes if route.severity == severity), ())

    @property
    def dead_man_receivers(self) -> tuple[str, ...]:
        """Return whom the Watchdog notifies: the dead-man's switch, or nobody."""
        return (DEAD_MAN,) if self.dead_man is not None else ()
