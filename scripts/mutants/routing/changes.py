"""Every small change of a configuration of Alertmanager that could cost somebody a notification, or give one too many."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]
_OPERATORS = {"=~": "!~", "!=": "=", "=": "!="}
_TIMES = ("group_wait", "group_interval", "repeat_interval")
# Texts of messages and their looks, which route nothing.
_LOOKS = (
    *("username", "color", "title", "title_link", "text", "fallback", "mrkdwn_in", "headers", "html"),
    *("severity", "description", "source", "class", "component", "group", "client", "client_url"),
    *("details", "links", "message", "entity", "priority", "parse_mode"),
)
_DEFAULTS = {"group_wait": "30s", "group_interval": "5m", "repeat_interval": "4h"}


@dataclass(frozen=True, slots=True)
class Change:
    """One change at a place of the document; `apply` makes it in a copy."""

    kind: str
    path: Path
    words: str
    apply: Callable[[Any], None]

    def applied(self, document: Any) -> Any:
        """Return the changed document."""
        changed = json.loads(json.dumps(document))
        self.apply(changed)
        return changed


def changes(document: Any) -> Iterator[Change]:
    """Yield all changes in the order of the document."""
    yield from _route(document, ("route",))
    for path, receiver in _items(document, ("receivers",)):
        yield from _receiver(path, receiver)
    for path, rule in _items(document, ("inhibit_rules",)):
        yield from _inhibition(path, rule)
    for path, interval in _items(document, ("time_intervals",)):
        yield from _interval(path, interval)


def at(document: Any, path: Path) -> Any:
    """Return what is at a place."""
    for key in path:
        document = document[key]
    return document


def _items(document: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    listed = at(document, path[:-1]).get(path[-1]) or []
    return (((*path, number), item) for number, item in enumerate(listed))


def _drop(kind: str, path: Path, words: str) -> Change:
    def apply(document: Any) -> None:
        parent = at(document, path[:-1])
        del parent[path[-1]]
        if parent == [] and isinstance(path[-2], str):
            del at(document, path[:-2])[path[-2]]

    return Change(kind, path, f"{words} dropped", apply)


def _put(kind: str, path: Path, value: Any, words: str) -> Change:
    def apply(document: Any) -> None:
        at(document, path[:-1])[path[-1]] = copy.deepcopy(value)

    return Change(kind, path, words, apply)


def _route(document: Any, path: Path) -> Iterator[Change]:
    route, is_root = at(document, path), path == ("route",)
    name = route.get("receiver", "the route of drills")
    if not is_root:
        yield _drop("route dropped", path, name)
        if route.get("continue"):
            yield _drop("others at other times", (*path, "continue"), f"{name}: continue")
        else:
            yield _put("continue", (*path, "continue"), True, f"{name}: continue")
    for number, text in enumerate(route.get("matchers", ())):
        yield from _matcher("route", (*path, "matchers", number), text, name)
    for other in sorted({one["name"] for one in document["receivers"]} - {name})[:2]:
        yield _put("route's receiver", (*path, "receiver"), other, f"{name} → {other}")
    inherited = {} if is_root else at(document, path[:-2])
    yield from _grouping(
        route, path, name, {**_DEFAULTS, **document["route"], **inherited} if inherited else _DEFAULTS
    )
    if "mute_time_intervals" in route:
        yield _drop("mute", (*path, "mute_time_intervals"), f"{name}: its mute")
        for number, muted in enumerate(route["mute_time_intervals"]):
            if len(route["mute_time_intervals"]) > 1:
                yield _drop("mute", (*path, "mute_time_intervals", number), f"{name}: muted during {muted}")
    elif not is_root and "matchers" in route and document.get("time_intervals"):
        mutes = [document["time_intervals"][0]["name"]]
        yield _put("mute", (*path, "mute_time_intervals"), mutes, f"{name}: muted during {mutes[0]}")
    if hours := route.get("active_time_intervals"):
        yield _drop("active hours", (*path, "active_time_intervals"), f"{name}: its hours")
        yield _put("active hours", path, _turned(route), f"{name}: muted in its hours")
        if len(hours) > 1:
            yield _drop("active hours", (*path, "active_time_intervals", 0), f"{name}: {hours[0]}")
    children = route.get("routes", [])
    for number, child in enumerate(children):
        who = child.get("receiver", "drills")
        if number:
            yield _moved((*path, "routes", number), 0, f"{who} first")
        if number < len(children) - 1:
            yield _moved((*path, "routes", number), len(children) - 1, f"{who} last")
        yield from _route(document, (*path, "routes", number))


def _turned(route: Any) -> Any:
    """Return a route that is muted in the hours in which it should notify."""
    muted = [*route.get("mute_time_intervals", ()), *route["active_time_intervals"]]
    kept = {key: value for key, value in route.items() if key != "active_time_intervals"}
    return {**kept, "mute_time_intervals": muted}


def _grouping(route: Any, path: Path, name: str, inherited: Any) -> Iterator[Change]:
    labels = route.get("group_by", [])
    for number, label in enumerate(labels):
        yield _drop("group_by", (*path, "group_by", number), f"{name}: {label}")
    if labels:
        yield _put("group_by", (*path, "group_by"), ["..."], f"{name}: grouped by all labels")
        yield _put("group_by", (*path, "group_by"), [*labels, "instance"], f"{name}: instance added")
    for key in _TIMES:
        if key in route:
            yield _put("times", (*path, key), "7m", f"{name}: {key} {route[key]} → 7m")
            if route[key] != inherited[key]:
                yield _drop("times", (*path, key), f"{name}: {key}")


def _moved(path: Path, to: int, words: str) -> Change:
    def apply(document: Any) -> None:
        siblings = at(document, path[:-1])
        siblings.insert(to, siblings.pop(int(path[-1])))

    return Change("order", path, words, apply)


def _matcher(side: str, path: Path, text: str, name: str) -> Iterator[Change]:
    label, operator, value = text.split(" ", 2)
    kind = f"{side}'s matcher"
    yield _drop(kind, path, f"{name}: {text}")
    other = f"{label} {_OPERATORS[operator]} {value}"
    yield _put(kind, path, other, f"{name}: {text} → {other}")
    if value == '""':
        return
    changed = f'{value[:-1]}x"'
    yield _put(kind, path, f"{label} {operator} {changed}", f"{name}: {text} → {changed}")
    if "|" in value:
        shorter = f'{value.rpartition("|")[0]}"'
        yield _put(kind, path, f"{label} {operator} {shorter}", f"{name}: {text} → {shorter}")
    if operator == "=":
        wider = f'{label} =~ {value[:-1]}.*"'
        yield _put(kind, path, wider, f"{name}: {text} → {wider}")


def _receiver(path: Path, receiver: Any) -> Iterator[Change]:
    name = receiver["name"]
    yield _drop("receiver dropped", path, name)
    for key in [key for key in receiver if key.endswith("_configs")]:
        for number, settings in enumerate(receiver[key]):
            place = (*path, key, number)
            yield _drop("integration dropped", place, f"{name}: {key.removesuffix('_configs')}")
            for setting, value in settings.items():
                if setting not in _LOOKS:
                    yield from _setting((*place, setting), value, f"{name}: {setting}")


def _setting(path: Path, value: Any, words: str) -> Iterator[Change]:
    if isinstance(value, dict):
        yield _drop("integration", path, words)
        for key, inner in value.items():
            yield from _setting((*path, key), inner, f"{words}.{key}")
    elif isinstance(value, bool):
        yield _put("integration", path, not value, f"{words} {value} → {not value}")
    elif isinstance(value, int):
        yield _put("integration", path, value + 1, f"{words} {value} → {value + 1}")
    else:
        yield _put("integration", path, f"x{value}", f"{words} {value} → x{value}")


def _inhibition(path: Path, rule: Any) -> Iterator[Change]:
    name = rule.get("name", f"rule {path[-1]}")
    yield _drop("inhibition dropped", path, name)
    sides = ("source_matchers", "target_matchers")
    turned = {sides[0]: rule[sides[1]], sides[1]: rule[sides[0]]}
    yield _put("inhibition turned", path, {**rule, **turned}, f"{name}: source and target changed places")
    for side in sides:
        for number, text in enumerate(rule[side]):
            yield from _matcher(f"inhibition {side[:6]}", (*path, side, number), text, name)
    for number, label in enumerate(rule["equal"]):
        yield _drop("equal", (*path, "equal", number), f"{name}: {label}")
        kept = {key: value for key, value in rule.items() if key not in (*sides, "equal")}
        kept |= {side: [text for text in rule[side] if not text.startswith(f"{label} ")] for side in sides}
        kept["equal"] = [one for one in rule["equal"] if one != label]
        yield _put("inhibition without a label", path, kept, f"{name}: {label} nowhere compared")
    yield _put("equal", (*path, "equal"), [*rule["equal"], "alertname"], f"{name}: alertname added")


def _interval(path: Path, interval: Any) -> Iterator[Change]:
    name = interval["name"]
    for number, part in enumerate(interval["time_intervals"]):
        place = (*path, "time_intervals", number)
        if len(interval["time_intervals"]) > 1:
            yield _drop("hours", place, f"{name}: part {number + 1}")
        for key in part:
            yield _drop("hours", (*place, key), f"{name}: {key}")
        if "weekdays" in part:
            yield _put("hours", (*place, "weekdays"), ["sunday"], f"{name}: sunday only")
        if "location" in part:
            yield _put("hours", (*place, "location"), "Asia/Tokyo", f"{name}: in Tokyo")
        for index, span in enumerate(part.get("times", ())):
            for key, value in span.items():
                other = f"{value[:3]}01" if value != "24:00" else "23:59"
                yield _put("hours", (*place, "times", index, key), other, f"{name}: {key} {value} → {other}")
