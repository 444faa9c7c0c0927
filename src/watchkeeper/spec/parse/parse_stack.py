"""The stack's own settings."""

from __future__ import annotations

from dataclasses import fields

from watchkeeper.model.duration import Duration
from watchkeeper.model.stack import Images, Limits, Operator, Ports, Resources, SelfMonitoring, Stack
from watchkeeper.model.stack_access import Access, Authority, ServerTls
from watchkeeper.spec.document.cursor import Cursor

_ONE_SECOND, _TWO_MINUTES = Duration.parse("1s"), Duration.parse("2m")
_BOUNDS = {
    "scrape_interval": (_ONE_SECOND, _TWO_MINUTES, "Prometheus ignores samples older than 5m"),
    "evaluation_interval": (_ONE_SECOND, _TWO_MINUTES, "an alert fires no sooner than its next evaluation"),
    "retention": (
        Duration.parse("1d"),
        Duration.parse("3650d"),
        "write 31d, or what the longest window needs",
    ),
    "backup_every": (Duration.parse("1h"), Duration.parse("365d"), "write 1d for a backup each night"),
}
# Jaeger's other ports are the three below its main one.
_BELOW_JAEGER = (1, 2, 3)


def parse_stack(place: Cursor, *, default_retention: Duration) -> Stack:
    """Return the stack with the model's defaults for what `place` leaves out."""
    traces = place.go("traces") if place.has("traces") else None
    plain = Stack()
    _check_intervals(place)
    storage = traces.string("storage", plain.trace_storage) if traces else plain.trace_storage
    return Stack(
        environment=place.string("environment", plain.environment),
        cluster=place.text("cluster"),
        retention=_span(place, "retention", default_retention),
        retention_size=place.text("retention_size"),
        backup_every=_duration(place, "backup_every"),
        scrape_interval=_span(place, "scrape_interval", plain.scrape_interval),
        evaluation_interval=_span(place, "evaluation_interval", plain.evaluation_interval),
        trace_storage=storage,  # type: ignore[arg-type]
        trace_retention=_span(traces, "retention", plain.trace_retention),
        external_host=place.string("external_host", plain.external_host),
        web_config_file=place.text("web_config_file"),
        access=_access(place),
        demo=place.text("demo"),
        ports=_ports(place),
        images=_images(place),
        resources=_resources(place),
        self_monitoring=_self_monitoring(place),
        operator=_operator(place),
        where=place.where,
        retention_where=place.value_where("retention"),
        demo_where=place.value_where("demo"),
    )


def _operator(place: Cursor) -> Operator:
    plain = Operator()
    if not place.has("operator"):
        return plain
    own = place.go("operator")
    return Operator(
        labels=own.labels() if own.has("labels") else plain.labels,
        service_label=own.string("service_label", plain.service_label),
        port=own.string("port", plain.port),
    )


def _access(stack: Cursor) -> Access | None:
    if not stack.has("access"):
        return None
    place = stack.go("access")
    tls, listen = (
        _server_tls(place, stack.string("external_host", Stack().external_host)),
        place.text("listen"),
    )
    if listen is not None and tls is None and not listen.startswith("127.") and not place.is_broken("tls"):
        message = f"on {listen} passwords would be sent unencrypted"
        place.report("WK111", message, "add `tls: {}`, or remove `listen`", value="listen")
    return Access(tls=tls, listen=listen, where=place.where)


def _server_tls(place: Cursor, host: str) -> ServerTls | None:
    if not place.has("tls"):
        return None
    tls = place.go("tls")
    authority: Authority = "system" if tls.text("authority") == "system" else "private"
    return ServerTls(server_name=tls.string("server_name", host), authority=authority)


def _self_monitoring(place: Cursor) -> SelfMonitoring:
    if not place.has("self_monitoring"):
        return SelfMonitoring()
    own = place.go("self_monitoring")
    return SelfMonitoring(
        enabled=own.flag("enabled", default=True),
        team=own.text("team"),
        off=own.texts("off"),
        samples=own.whole("samples") or SelfMonitoring().samples,
    )


def _check_intervals(place: Cursor) -> None:
    """Report durations outside their limits."""
    for key, (least, most, because) in _BOUNDS.items():
        span = _span(place, key, least)
        if not least <= span <= most:
            place.report("WK108", f"`{key}` of {span} is not between {least} and {most}", because, value=key)


def _span(place: Cursor | None, key: str, default: Duration) -> Duration:
    return (_duration(place, key) if place else None) or default


def _duration(place: Cursor, key: str) -> Duration | None:
    text = place.text(key)
    return Duration.parse(text) if text else None


def _ports(place: Cursor) -> Ports:
    if not place.has("ports"):
        return Ports()
    own = place.go("ports")
    ports = Ports(**{f.name: own.whole(f.name) or f.default for f in fields(Ports)})  # type: ignore[arg-type]
    taken: dict[int, str] = {}
    for port in fields(Ports):
        number = getattr(ports, port.name)
        if number in taken:
            key = port.name if port.name in own.names() else taken[number]
            other = taken[number] if key == port.name else port.name
            own.report(
                "WK219",
                f"`{key}` and `{other}` both use port {number}",
                "give one of them another port",
                value=key,
            )
        taken[number] = port.name
    below = {ports.jaeger - distance for distance in _BELOW_JAEGER} & taken.keys()
    for number in sorted(below):
        remedy = f"Jaeger also uses the three ports below {ports.jaeger}"
        own.report(
            "WK219", f"`{taken[number]}` and `jaeger` both use port {number}", remedy, value=taken[number]
        )
    return ports


def _images(place: Cursor) -> Images:
    own = place.go("images") if place.has("images") else None
    return Images(
        **{f.name: own.string(f.name, str(f.default)) if own else str(f.default) for f in fields(Images)}
    )


def _resources(place: Cursor) -> Resources:
    own = place.go("resources") if place.has("resources") else None
    plain = Resources()

    def limits(name: str) -> Limits:
        default: Limits = getattr(plain, name)
        if own is None or not own.has(name):
            return default
        part = own.go(name)
        return Limits(part.number("cpus") or default.cpus, part.string("memory", default.memory))

    return Resources(**{f.name: limits(f.name) for f in fields(Resources)})
