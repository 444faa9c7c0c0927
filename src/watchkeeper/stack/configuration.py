"""What Prometheus and Alertmanager are given: the rendered files as they are, and addresses of this machine.

Native mode edits no rendered file: it links them, so that what runs is literally what was rendered.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from watchkeeper import naming
from watchkeeper.plan.plan import Plan
from watchkeeper.stack.folder_sync import Copy, Entry, Link, Text

_HERE = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Overlay:
    """An alertmanager.yml in place of the rendered one, and the stand-ins for secrets that it names."""

    config: str
    files: tuple[tuple[str, str], ...]
    receivers: tuple[str, ...]


def native_addresses(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Return the addresses of each target file, by its path below `targets/`, as native processes see them."""
    ports = plan.stack.ports
    addresses: dict[str, tuple[str, ...]] = {
        "alertmanagers.json": (f"{_HERE}:{ports.alertmanager}",),
        "stack/prometheus.json": (f"{_HERE}:{ports.prometheus}",),
        "stack/alertmanager.json": (f"{_HERE}:{ports.alertmanager}",),
        "stack/jaeger.json": (f"{_HERE}:{ports.jaeger_metrics}",),
        "stack/jaeger-spans.json": (f"{_HERE}:{ports.span_metrics}",),
        # Grafana runs in containers only.
        "stack/grafana.json": (),
    }
    return addresses | {f"services/{each.name}.json": each.native_targets for each in plan.services}


def native_target_file(rendered: str, addresses: tuple[str, ...]) -> str:
    """Return a rendered target file with other addresses and every label as it was."""
    groups: list[dict[str, Any]] = json.loads(rendered)
    moved = [{**group, "targets": list(addresses)} for group in groups[:1]] if addresses else []
    return json.dumps(moved, indent=2, ensure_ascii=False) + "\n"


def prometheus_view(root: Path, plan: Plan) -> dict[str, Entry]:
    """Return the folder that Prometheus is started on."""
    rendered = root / naming.PROMETHEUS
    view: dict[str, Entry] = {"prometheus.yml": Link(rendered / "prometheus.yml")}
    view |= {name: Link(rendered / name) for name in ("alerts", "rules") if (rendered / name).is_dir()}
    for path, addresses in native_addresses(plan).items():
        text = (rendered / "targets" / path).read_text(encoding="utf-8")
        view[f"targets/{path}"] = Text(native_target_file(text, addresses))
    return view


def alertmanager_view(
    root: Path, plan: Plan, overlay: Overlay | None, *, container: bool
) -> dict[str, Entry]:
    """Return the folder that Alertmanager is started on; copies instead of links for a container.

    The stand-ins are open to their owner only, except for a container's user, who must read them.
    """
    rendered = root / naming.ALERTMANAGER
    take: type[Link | Copy] = Copy if container else Link
    config: Entry = Text(overlay.config) if overlay else take(rendered / "alertmanager.yml")
    view: dict[str, Entry] = {"alertmanager.yml": config}
    for template in sorted((rendered / "templates").glob("*.tmpl")):
        view[f"templates/{template.name}"] = take(template)
    local = dict(overlay.files) if overlay else {}
    view |= {path: Text(text, mode=0o644 if container else 0o600) for path, text in local.items()}
    for secret in map(PurePosixPath, plan.routing.secret_files):
        if not secret.is_absolute() and str(secret) not in local and (rendered / secret).is_file():
            view[str(secret)] = take(rendered / secret)
    return view


def missing_secret(root: Path, path: str) -> bool:
    """Return whether a secret's file, as the spec names it, is not there or out of sight."""
    return not is_file(root / naming.ALERTMANAGER / path)


def is_file(path: Path) -> bool:
    """Return whether a file is there; one in a folder that is closed to this user is not."""
    try:
        return path.is_file()
    except OSError:
        return False
