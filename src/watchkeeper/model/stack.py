"""The stack that watches: versions, ports, retention, limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from watchkeeper.model.duration import Duration
from watchkeeper.model.position import Position
from watchkeeper.model.stack_access import Access

# With fewer samples a rate is coarse, and one failed scrape leaves it without a value.
LEAST_SCRAPES = 4
# Where every server of the stack listens on the host, in both modes.
LOOPBACK = "127.0.0.1"
_EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 -- compared, and used only where the spec asks for it
_LONGEST_TIMEOUT = Duration.parse("10s")
TraceStorage = Literal["badger", "memory"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Host ports of the stack, bound to LOOPBACK; those of the servers that people use to `Stack.listen`."""

    prometheus: int = 9090
    alertmanager: int = 9093
    grafana: int = 3000
    jaeger: int = 16686
    otlp_grpc: int = 4317
    otlp_http: int = 4318
    jaeger_health: int = 13133
    jaeger_metrics: int = 8888
    span_metrics: int = 8889
    demo: int = 8000
    sinks: int = 9199
    smtp: int = 1025
    front_page: int = 9190
    sentry: int = 9191

    @property
    def below_jaeger(self) -> tuple[int, int, int]:
        """Return the three ports below Jaeger's own: queries by gRPC, sampling by HTTP, sampling by gRPC."""
        return self.jaeger - 1, self.jaeger - 2, self.jaeger - 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """Pinned container images; each can be replaced by an environment variable when the stack starts."""

    prometheus: str = "prom/prometheus:v3.15.0"
    alertmanager: str = "prom/alertmanager:v0.31.1"
    grafana: str = "grafana/grafana:12.4.2"
    jaeger: str = "jaegertracing/jaeger:2.13.0"
    demo: str = "watchkeeper/demo:local"
    sentry: str = "bugsink/bugsink:2.6.2"


@dataclass(frozen=True, slots=True)
class Limits:
    """Resource limits of one container: cores and bytes in compose's notation."""

    cpus: Decimal
    memory: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Resource limits of the stack's containers."""

    prometheus: Limits = field(default_factory=lambda: Limits(Decimal(1), "1g"))
    alertmanager: Limits = field(default_factory=lambda: Limits(Decimal("0.1"), "128m"))
    grafana: Limits = field(default_factory=lambda: Limits(Decimal("0.5"), "256m"))
    jaeger: Limits = field(default_factory=lambda: Limits(Decimal("0.5"), "512m"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfMonitoring:
    """The alerts of the stack about itself: whose they are, which are left out, and how many samples a target may have.

    `team` is None for the one team of all services.
    """

    enabled: bool = True
    team: str | None = None
    off: tuple[str, ...] = ()
    samples: int = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """How the Prometheus operator's objects find each other: labels of ours, and what a Kubernetes Service has.

    `labels` are those by which a Prometheus selects rules and scrapes. `service_label` has the name of the spec's service
    as its value; `port` is the name of the port with the metrics.
    """

    labels: tuple[tuple[str, str], ...] = (("release", "kube-prometheus-stack"),)
    service_label: str = "app.kubernetes.io/name"
    port: str = "http"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """The settings of the monitoring stack; `demo` names the service that the bundled demo plays.

    `retention_size` limits Prometheus' data in its own notation, None for no limit. `backup_every` is how often somebody
    makes a backup, None where nobody promised that.
    """

    environment: str = "production"
    cluster: str | None = None
    retention: Duration = Duration(31 * 86_400_000)
    retention_size: str | None = None
    backup_every: Duration | None = None
    scrape_interval: Duration = Duration(15_000)
    evaluation_interval: Duration = Duration(30_000)
    trace_storage: TraceStorage = "badger"
    trace_retention: Duration = Duration(7 * 86_400_000)
    external_host: str = "localhost"
    web_config_file: str | None = None
    access: Access | None = None
    demo: str | None = None
    ports: Ports = field(default_factory=Ports)
    images: Images = field(default_factory=Images)
    resources: Resources = field(default_factory=Resources)
    self_monitoring: SelfMonitoring = field(default_factory=SelfMonitoring)
    operator: Operator = field(default_factory=Operator)
    where: Position | None = None
    retention_where: Position | None = None
    demo_where: Position | None = None

    @property
    def external_labels(self) -> tuple[tuple[str, str], ...]:
        """Return the labels that Prometheus adds to every alert that it sends; none of them is empty."""
        cluster = (("cluster", self.cluster),) if self.cluster is not None else ()
        return (("environment", self.environment), *cluster)

    @property
    def scheme(self) -> str:
        """Return the scheme of the servers that people use: https with TLS."""
        return "https" if self.access is not None and self.access.tls is not None else "http"

    @property
    def listen(self) -> str:
        """Return the address on which the servers that people use listen on the host."""
        return LOOPBACK if self.access is None or self.access.listen is None else self.access.listen

    @property
    def reached_at(self) -> str:
        """Return the address at which this machine reaches these servers."""
        return LOOPBACK if self.listen == _EVERY_ADDRESS else self.listen

    @property
    def scrape_timeout(self) -> Duration:
        """Return how long a target may take to answer."""
        return min(self.scrape_interval, _LONGEST_TIMEOUT)

    @property
    def least_window(self) -> Duration:
        """Return the shortest range that a rule may read."""
        return Duration(self.scrape_interval.milliseconds * LEAST_SCRAPES)
