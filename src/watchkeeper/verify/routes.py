"""Ask amtool which receivers each alert's labels reach, in the names of the spec."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from watchkeeper import naming
from watchkeeper.model.notify import DEAD_MAN
from watchkeeper.plan.notified_labels import receiver_of
from watchkeeper.plan.plan import Plan, PlannedAlert
from watchkeeper.toolchain import find
from watchkeeper.verify.promtool import run

_CONFIG = f"{naming.ALERTMANAGER}/alertmanager.yml"
# A receiver of the spec, and the published receiver through which it is reached.
Reached = tuple[str, str]


def check_routes(plan: Plan, root: Path) -> Iterator[tuple[PlannedAlert, tuple[str, ...]]]:
    """Yield each alert with the spec's receivers that its labels reach; nothing without amtool."""
    tool = find("amtool")
    path = root / _CONFIG
    if tool is None:
        return
    contents, read = _contents(path), _labels_read(path)
    known: dict[tuple[tuple[str, str], ...], tuple[Reached, ...]] = {}
    for service in plan.alerting_services:
        for alert in service.all_alerts:
            # The alert's name is a label too, and a route may match it. Labels that no route reads decide nothing, and
            # alerts that differ in them only are asked about once.
            every = (("alertname", alert.name), *alert.labels)
            labels = tuple((name, value) for name, value in every if read is None or name in read)
            if labels not in known:
                known[labels] = _reached(str(tool.path), path, labels, contents, plan)
            expected = receiver_of(plan, alert)
            yield alert, tuple(_shown(name, receiver, expected) for name, receiver in known[labels])


def _contents(path: Path) -> dict[str, dict[str, int]]:
    """Return how many integrations of each kind each receiver of the published file has."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        return {
            receiver["name"]: {key: len(value) for key, value in receiver.items() if key.endswith("_configs")}
            for receiver in document["receivers"]
        }
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        # The file is missing or Alertmanager would not load it: it reaches nobody.
        return {}


def _labels_read(path: Path) -> str | None:
    """Return every matcher of the published routes as one text; None where it cannot be known what they read."""
    try:
        text = " ".join(_matchers(yaml.safe_load(path.read_text(encoding="utf-8"))["route"]))
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    # A quoted name can be written with escapes.
    return None if "\\" in text else text


def _matchers(route: Any) -> Iterator[str]:
    for key in ("match", "match_re", "matchers"):
        yield json.dumps(route.get(key), ensure_ascii=False).replace('\\"', '"')
    for child in route.get("routes") or ():
        yield from _matchers(child)


def _reached(
    amtool: str,
    path: Path,
    labels: tuple[tuple[str, str], ...],
    contents: dict[str, dict[str, int]],
    plan: Plan,
) -> tuple[Reached, ...]:
    words = [f"{name}={value}" for name, value in labels if "{{" not in value]
    command = [
        amtool,
        "--enable-feature=utf8-strict-mode",
        "config",
        "routes",
        "test",
        f"--config.file={path}",
        *words,
    ]
    outcome = run(command)
    lines = [line.strip() for line in outcome.stdout.splitlines() if line.strip()]
    if outcome.returncode != 0 or not lines:
        return ()
    receivers = [word.strip() for word in lines[-1].split(",")]
    return tuple((name, one) for one in receivers for name in _names(one, contents.get(one, {}), plan))


def _shown(name: str, receiver: str, expected: str) -> str:
    """Return the name, with the published receiver unless it is the one of the alert's route."""
    return name if receiver == expected else f"{name} through {receiver}"


def _names(receiver: str, contents: dict[str, int], plan: Plan) -> list[str]:
    """Return the spec's names for a published receiver, if it really has their integrations."""
    routes = (plan.routing.fallback, *plan.routing.routes)
    planned = next((route.integrations for route in routes if route.receiver == receiver), ())
    left = dict(contents)
    names = []
    if receiver == naming.WATCHDOG_RECEIVER and left.get("webhook_configs", 0) == 1:
        return [DEAD_MAN]
    for one in planned:
        key = f"{one.integration.kind}_configs"
        if left.get(key, 0) > 0:
            left[key] -= 1
            names.append(one.name)
    names += [f"an unknown {key.removesuffix('_configs')}" for key, count in left.items() if count > 0]
    return names
