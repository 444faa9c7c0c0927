"""Notifications: receivers, the severity that each one serves and when, planned silence, and a proxy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from watchkeeper.model.duration import Duration
from watchkeeper.model.position import Position
from watchkeeper.model.scrape import ReceiverHttp

# What every group of alerts has in common. PagerDuty makes one incident of a group: were alerts grouped by service alone,
# a second, different problem would only join the incident that somebody has acknowledged already. That one outage is one
# incident is left to inhibitions.
ONE_PROBLEM = ("alertname", "service", "slo_id")

# The receiver of the dead-man's switch; no receiver of the spec can have its name.
DEAD_MAN = "dead_man"

ReceiverKind = Literal["slack", "email", "pagerduty", "webhook", "msteamsv2", "opsgenie", "telegram"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class MSTeams:
    """A workflow of Microsoft Teams that posts to a channel; its address is a secret, the content of `webhook_file`."""

    kind: ClassVar[ReceiverKind] = "msteamsv2"
    webhook_file: str

    @property
    def secret_file(self) -> str:
        """Return the path of the file that holds the secret."""
        return self.webhook_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Opsgenie:
    """An Opsgenie API integration; `api_key_file` contains its key."""

    kind: ClassVar[ReceiverKind] = "opsgenie"
    api_key_file: str
    api_url: str

    @property
    def secret_file(self) -> str:
        """Return the path of the file that holds the secret."""
        return self.api_key_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Telegram:
    """A Telegram bot and the chat to which it writes; `bot_token_file` contains the bot's token."""

    kind: ClassVar[ReceiverKind] = "telegram"
    bot_token_file: str
    chat_id: int
    api_url: str

    @property
    def secret_file(self) -> str:
        """Return the path of the file that holds the secret."""
        return self.bot_token_file


Integration = Slack | Email | PagerDuty | Webhook | MSTeams | Opsgenie | Telegram


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A named way to reach people, with the one integration behind it; `direct` is one that no proxy may serve.

    `http` is how its server is reached, None where the settings of all receivers hold.
    """

    name: str
    integration: Integration
    where: Position
    direct: bool = False
    http: ReceiverHttp | None = None

    @property
    def secret_files(self) -> tuple[str, ...]:
        """Return the files that Alertmanager reads for it, the integration's own secret first."""
        own = self.integration.secret_file
        http = self.http.files if self.http is not None else ()
        return (*((own,) if own is not None else ()), *(path for _, path in http))


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTimes:
    """When a route notifies, in Alertmanager's names: first, of changes of a group, and again while nothing changes."""

    group_wait: Duration
    group_interval: Duration
    repeat_interval: Duration


def _times(wait: str, interval: str, repeat: str) -> RouteTimes:
    return RouteTimes(
        group_wait=Duration.parse(wait),
        group_interval=Duration.parse(interval),
        repeat_interval=Duration.parse(repeat),
    )


# The times of routes that name none; a repeat is a multiple of the group interval.
DEFAULT_TIMES: Final[dict[str, RouteTimes]] = {
    "critical": _times("10s", "1m", "1h"),
    "warning": _times("30s", "5m", "12h"),
    "info": _times("30s", "5m", "24h"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSettings:
    """What a route may say beside its receivers: times, what its groups have in common, hours in which it is active.

    `outside` are the receivers that are notified at all other times.
    """

    times: RouteTimes | None = None
    group_by: tuple[str, ...] = ONE_PROBLEM
    active_hours: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The receivers that one severity reaches, in the spec's order."""

    severity: str
    receivers: tuple[str, ...]
    positions: tuple[Position, ...]
    where: Position
    settings: RouteSettings = RouteSettings()
    # Where `group_wait`, each of the hours and each of the receivers for other times are written.
    wait_where: Position | None = None
    hours_where: tuple[Position, ...] = ()
    outside_where: tuple[Position, ...] = ()

    @property
    def placed(self) -> tuple[tuple[str, Position], ...]:
        """Return each receiver with its place, those of other times last."""
        names = (*self.receivers, *self.settings.outside)
        return tuple(zip(names, (*self.positions, *self.outside_where), strict=True))

    @property
    def times(self) -> RouteTimes:
        """Return the times of the route, those of its severity by default."""
        return self.settings.times or DEFAULT_TIMES[self.severity]


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """The routes of one team or service, which replace those of all for the severities that it names."""

    name: str
    routes: tuple[Route, ...]
    where: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Days and hours in a time zone, under a name; a night belongs to the day on which it begins."""

    name: str
    weekdays: tuple[str, ...]
    times: tuple[tuple[str, str], ...]
    location: str
    where: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute(Hours):
    """A planned silence for warnings and information."""

    severities: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """The proxy of notifications over HTTP; without `url` the environment of Alertmanager names it.

    `direct` are hosts, domains and addresses that it does not serve, beside this machine.
    """

    url: str | None
    direct: tuple[str, ...]
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
    """All of the spec's `notify:`; `drill_every` is how often each receiver is to be proven by a drill."""

    receivers: tuple[Receiver, ...] = ()
    routes: tuple[Route, ...] = ()
    teams: tuple[Override, ...] = ()
    services: tuple[Override, ...] = ()
    mutes: tuple[Mute, ...] = ()
    active_hours: tuple[Hours, ...] = ()
    proxy: Proxy | None = None
    drill_every: Duration | None = None
    drill_where: Position | None = None
    dead_man: DeadMan | None = None
    where: Position | None = None

    def route_for(
        self, severity: str, *, service: str, team: str, own: tuple[Route, ...] = ()
    ) -> Route | None:
        """Return the most particular route of a severity: one of `own`, the service's, the team's, or that of all."""
        of_service = (route for one in self.services if one.name == service for route in one.routes)
        of_team = (route for one in self.teams if one.name == team for route in one.routes)
        every = (*own, *of_service, *of_team, *self.routes)
        return next((route for route in every if route.severity == severity), None)

    @property
    def watchdog_route(self) -> Route | None:
        """Return whom the Watchdog notifies: the dead-man's switch, None for nobody."""
        if self.dead_man is None:
            return None
        where = self.dead_man.where
        return Route(severity="none", receivers=(DEAD_MAN,), positions=(where,), where=where)
