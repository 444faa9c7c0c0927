"""The stack's own settings."""

from __future__ import annotations

from dataclasses import fields

from watchkeeper.model.duration import Duration
from watchkeeper.model.stack import Images, Limits, Ports, Resources, Stack
from watchkeeper.spec.cursor import Cursor


def parse_stack(place: Cursor, *, default_retention: Duration) -> Stack:
    """Return the stack with the model's defaults for what `place` leaves out."""
    traces = place.go("traces") if place.has("traces") else None
    plain = Stack()
    storage = traces.string("storage", plain.trace_storage) if traces else plain.trace_storage
    return Stack(
        environment=place.string("environment", plain.environment),
        retention=_span(place, "retention", default_retention),
        scrape_interval=_span(place, "scrape_interval", plain.scrape_interval),
        evaluation_interval=_span(place, "evaluation_interval", plain.evaluation_interval),
        trace_storage=storage,  # type: ignore[arg-type]
        trace_retention=_span(traces, "retention", plain.trace_retention),
        external_host=place.string("external_host", plain.external_host),
        web_config_file=place.text("web_config_file"),
        demo=place.text("demo"),
        ports=_ports(place),
        images=_images(place),
        resources=_resources(place),
        where=place.where,
        retention_where=place.value_where("retention"),
    )


def _span(place: Cursor | None, key: str, default: Duration) -> Duration:
    text = place.text(key) if place else None
    return Duration.parse(text) if text else default


def _ports(place: Cursor) -> Ports:
    own = place.go("ports") if place.has("ports") else None
    ports = Ports(**{f.name: (own.whole(f.name) if own else None) or f.default for f in fields(Ports)})  # type: ignore[arg-type]
    taken: dict[int, str] = {}
    for port in fields(Ports):
        number = getattr(ports, port.name)
        if number in taken and own is not None:
            key = port.name if port.name in own.names() else taken[number]
            other = taken[number] if key == port.name else port.name
            own.say(
                "WK219",
                f"`{key}` and `{other}` both want port {number}",
                "give one of them another port",
                value=key,
            )
        taken[number] = port.name
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
