"""The files that Prometheus and Alertmanager are started on: the rendered ones, and addresses of this machine.

Native mode edits no rendered file: it links them, so that exactly what was rendered runs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from watchkeeper import naming
from watchkeeper.model.stack import LOOPBACK
from watchkeeper.plan.plan import Plan
from watchkeeper.stack.folder_sync import Copy, Entry, Link, Text


@dataclass(frozen=True, slots=True)
class AlertmanagerOverride:
    """An alertmanager.yml that replaces the rendered one, and the local secret files that it names.

    Without `has_dead_man` it calls no dead-man's switch, because the file with the address is missing. `missing` is the
    file that each of the redirected receivers lacks.
    """

    config: str
    files: tuple[tuple[str, str], ...]
    receivers: tuple[str, ...]
    has_dead_man: bool = True
    missing: tuple[str, ...] = ()


def native_addresses(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Return the addresses of each target file by its path below `targets/`, as native processes reach them."""
    ports, reached = plan.stack.ports, plan.stack.reached_at
    addresses: dict[str, tuple[str, ...]] = {
        "alertmanagers.json": (f"{reached}:{ports.alertmanager}",),
        "stack/prometheus.json": (f"{reached}:{ports.prometheus}",),
        "stack/alertmanager.json": (f"{reached}:{ports.alertmanager}",),
        "stack/jaeger.json": (f"{LOOPBACK}:{ports.jaeger_metrics}",),
        "stack/jaeger-spans.json": (f"{LOOPBACK}:{ports.span_metrics}",),
        # Grafana runs in containers only.
        "stack/grafana.json": (),
    }
    listed = [each for each in plan.services if each.is_listed]
    return addresses | {f"services/{each.name}.json": each.native_targets for each in listed}


def native_target_file(rendered: str, addresses: tuple[str, ...]) -> str:
    """Return a rendered target file with other addresses and unchanged labels."""
    groups: list[dict[str, Any]] = json.loads(rendered)
    moved = [{**group, "targets": list(addresses)} for group in groups[:1]] if addresses else []
    return json.dumps(moved, indent=2, ensure_ascii=False) + "\n"


def prometheus_view(root: Path, plan: Plan) -> dict[str, Entry]:
    """Return the folder that Prometheus is started on."""
    rendered = root / naming.PROMETHEUS
    view: dict[str, Entry] = {"prometheus.yml": Link(rendered / "prometheus.yml")}
    view |= {
        name: Link(rendered / name) for name in ("alerts", "rules", "discovery") if (rendered / name).is_dir()
    }
    if plan.stack.access is not None:
        view["access"] = Link(root / naming.ACCESS)
    if plan.stack.backup_every is not None:
        # A link to the folder: `backup` replaces the file in it.
        view[Path(naming.LAST_BACKUP).name] = Link(root / naming.LAST_BACKUP)
    if plan.scrape_files:
        # A link to the folder, so that files which are written or replaced later are seen.
        view["secrets"] = Link(root / naming.SCRAPE_SECRETS)
    for path, addresses in native_addresses(plan).items():
        text = (rendered / "targets" / path).read_text(encoding="utf-8")
        view[f"targets/{path}"] = Text(native_target_file(text, addresses))
    return view


def alertmanager_view(
    root: Path, plan: Plan, override: AlertmanagerOverride | None, *, container: bool
) -> dict[str, Entry]:
    """Return the folder that Alertmanager is started on; copies instead of links for a container.

    Only their owner may read the local secret files; in a container another user must read them.
    """
    rendered = root / naming.ALERTMANAGER
    take: type[Link | Copy] = Copy if container else Link
    config: Entry = Text(override.config) if override else take(rendered / "alertmanager.yml")
    view: dict[str, Entry] = {"alertmanager.yml": config}
    for template in sorted((rendered / "templates").glob("*.tmpl")):
        view[f"templates/{template.name}"] = take(template)
    local = dict(override.files) if override else {}
    view |= {path: Text(text, mode=0o644 if container else 0o600) for path, text in local.items()}
    for secret in map(PurePosixPath, plan.routing.secret_files):
        if not secret.is_absolute() and str(secret) not in local and (rendered / secret).is_file():
            view[str(secret)] = take(rendered / secret)
    return view


def missing_secret(root: Path, path: str) -> bool:
    """Return whether a secret's file, as the spec names it, is missing or not visible to this user."""
    return not is_file(root / naming.ALERTMANAGER / path)


def is_file(path: Path) -> bool:
    """Return whether a file exists; False for one in a folder that this user cannot read."""
    try:
        return path.is_file()
    except OSError:
        return False
