"""Read a published alertmanager.yml as what Alertmanager makes of it, with the lines of its parts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import yaml

from watchkeeper.model.duration import Duration
from watchkeeper.plan.plan import Matcher
from watchkeeper.verify.routing.routing_config import (
    InhibitEntry,
    IntegrationEntry,
    IntervalEntry,
    ReceiverEntry,
    RouteNode,
    RoutingConfig,
)
from watchkeeper.verify.routing.week_hours import hours_of_interval

_MATCHER = re.compile(
    r"""\s*("(?:[^"\\]|\\.)*"|[^\s{}!=~,\\"'`]+)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|[^\s{}!=~,\\"'`]+)\s*(?:,|$)"""
)
_DEFAULTS = {"group_wait": "30s", "group_interval": "5m", "repeat_interval": "4h"}


class Unreadable(Exception):
    """Alertmanager would not load the file, or reads something in it that this does not; the text says what."""


class _Placed(dict[str, Any]):
    """A mapping that knows its line."""

    line = 0


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads each mapping with the line at which it begins."""


def _mapping(loader: Any, node: yaml.MappingNode) -> _Placed:
    placed = _Placed(loader.construct_mapping(node, deep=True))
    placed.line = node.start_mark.line + 1
    return placed


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def read_config(text: str) -> RoutingConfig:
    """Return the routing of a file; raise Unreadable."""
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506 -- a safe loader
        return RoutingConfig(
            root=_route(document["route"], None),
            receivers={one["name"]: _receiver(one) for one in document["receivers"]},
            inhibitions=tuple(_inhibition(one) for one in document.get("inhibit_rules") or ()),
            intervals={
                one["name"]: IntervalEntry(hours_of_interval(one["time_intervals"]), one.line)
                for key in ("time_intervals", "mute_time_intervals")
                for one in document.get(key) or ()
            },
            proxy=_proxy((document.get("global") or {}).get("http_config") or {}),
        )
    except yaml.YAMLError as error:
        raise Unreadable(" ".join(str(error).split())) from error
    except KeyError as error:
        raise Unreadable(f"{error.args[0]} is missing") from error
    except (ValueError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise Unreadable("it has another form than Alertmanager's configuration") from error


def _proxy(settings: Mapping[str, Any]) -> dict[str, object]:
    found = {key: value for key, value in settings.items() if "proxy" in key}
    if "no_proxy" in found:
        found["no_proxy"] = ",".join(sorted(str(found["no_proxy"]).split(",")))
    return found


def _route(one: _Placed, parent: RouteNode | None) -> RouteNode:
    own = {key: value for key, value in one.items() if value is not None}

    def time(key: str) -> Duration:
        given = own.get(key)
        if given is None:
            return Duration.parse(_DEFAULTS[key]) if parent is None else getattr(parent, key)
        return Duration.parse(str(given))

    node = RouteNode(
        line=one.line,
        matchers=tuple(_matchers(own, "")),
        receiver=own.get("receiver") or (parent.receiver if parent is not None else own["receiver"]),
        group_by=frozenset(own["group_by"])
        if "group_by" in own
        else parent.group_by
        if parent
        else frozenset(),
        group_wait=time("group_wait"),
        group_interval=time("group_interval"),
        repeat_interval=time("repeat_interval"),
        muted_in=tuple(own.get("mute_time_intervals", ())),
        active_in=tuple(own.get("active_time_intervals", ())),
        continues=own.get("continue", False),
    )
    return replace(node, routes=tuple(_route(child, node) for child in own.get("routes", ())))


def _receiver(one: _Placed) -> ReceiverEntry:
    entries = (
        IntegrationEntry(key.removesuffix("_configs"), settings, settings.line)
        for key, configs in one.items()
        if key.endswith("_configs")
        for settings in configs or ()
    )
    return ReceiverEntry(tuple(entries), one.line)


def _inhibition(one: _Placed) -> InhibitEntry:
    return InhibitEntry(
        name=str(one.get("name", "")),
        source=tuple(_matchers(one, "source_")),
        target=tuple(_matchers(one, "target_")),
        equal=tuple(one.get("equal") or ()),
        line=one.line,
    )


def _matchers(one: Mapping[str, Any], side: str) -> Iterator[Matcher]:
    """Yield the matchers of a route, or of a side of an inhibit rule, in each notation that Alertmanager takes."""
    for key, operator in ((f"{side}match", "="), (f"{side}match_re", "=~")):
        for name, value in (one.get(key) or {}).items():
            yield _checked(str(name), operator, str(value))
    for text in one.get(f"{side}matchers") or ():
        yield from _split(str(text))


def _split(text: str) -> Iterator[Matcher]:
    inner = text.strip()
    inner = inner[1:-1] if inner.startswith("{") and inner.endswith("}") else inner
    place = 0
    while place < len(inner):
        if (match := _MATCHER.match(inner, place)) is None:
            raise Unreadable(f"the matcher {text} cannot be read")
        yield _checked(_unquoted(match[1]), match[2], _unquoted(match[3]))
        place = match.end()


def _checked(name: str, operator: str, value: str) -> Matcher:
    if operator.endswith("~"):
        try:
            re.compile(value)
        except re.error:
            raise Unreadable(f"the regular expression {value} of {name} cannot be read") from None
    return name, operator, value


def _unquoted(text: str) -> str:
    return str(json.loads(text)) if text.startswith('"') else text
