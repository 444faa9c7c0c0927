"""Ask amtool where each alert's labels lead, and hold it against the receivers that the spec names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from watchkeeper import naming
from watchkeeper.plan.plan import Plan, PlannedAlert
from watchkeeper.toolchain import find
from watchkeeper.verify.promtool import run

_CONFIG = f"{naming.ALERTMANAGER}/alertmanager.yml"
# A receiver of the spec, and the published receiver through which it is reached.
Way = tuple[str, str]


def check_routes(plan: Plan, root: Path) -> Iterator[tuple[PlannedAlert, tuple[str, ...]]]:
    """Yield each alert with the spec's receivers that its labels reach; nothing without amtool."""
    tool = find("amtool")
    path = root / _CONFIG
    if tool is None:
        return
    contents = _contents(path)
    known: dict[tuple[tuple[str, str], ...], tuple[Way, ...]] = {}
    for service in plan.services:
        for alert in service.all_alerts:
            # The alert's name is a label too, and a route may look at it.
            labels = (("alertname", alert.name), *alert.labels)
            if labels not in known:
                known[labels] = _reached(str(tool.path), path, labels, contents, plan)
            yield alert, tuple(_said(name, receiver, alert) for name, receiver in known[labels])


def _contents(path: Path) -> dict[str, dict[str, int]]:
    """Return how many integrations of each kind stand in each receiver of the published file."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        return {
            receiver["name"]: {key: len(value) for key, value in receiver.items() if key.endswith("_configs")}
            for receiver in document["receivers"]
        }
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        # No such file, or not one that Alertmanager would load: nobody is reached through it.
        return {}


def _reached(
    amtool: str,
    path: Path,
    labels: tuple[tuple[str, str], ...],
    contents: dict[str, dict[str, int]],
    plan: Plan,
) -> tuple[Way, ...]:
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


def _said(name: str, receiver: str, alert: PlannedAlert) -> str:
    """Return the name, with the receiver when it is not the one of the alert's severity."""
    return name if receiver == alert.severity else f"{name} through {receiver}"


def _names(receiver: str, contents: dict[str, int], plan: Plan) -> list[str]:
    """Return the spec's names for a published receiver, as far as its integrations are really there."""
    routes = (plan.routing.fallback, *plan.routing.routes)
    planned = next((route.integrations for route in routes if route.receiver == receiver), ())
    left = dict(contents)
    names = []
    for one in planned:
        key = f"{one.integration.kind}_configs"
        if left.get(key, 0) > 0:
            left[key] -= 1
            names.append(one.name)
    names += [f"an unknown {key.removesuffix('_configs')}" for key, count in left.items() if count > 0]
    return names
