"""The configuration that Alertmanager gets while secrets are missing, and what its user is told of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

from watchkeeper import naming
from watchkeeper.backends import alertmanager
from watchkeeper.model.notify import Notify
from watchkeeper.model.spec import Spec
from watchkeeper.pipeline import plan_of, root_of
from watchkeeper.plan.plan import Plan
from watchkeeper.stack.configuration import Overlay, missing_secret
from watchkeeper.stack.redirect import Sinks, divert


def overlay_for(spec: Spec, spec_path: Path, sinks: Sinks) -> Overlay | None:
    """Return what replaces the rendered configuration, or None when every receiver has its secret."""
    root = root_of(spec_path)
    diversion = divert(spec.notify, sinks, exists=lambda path: not missing_secret(root, path))
    if not diversion.receivers:
        return None
    plan = plan_of(replace(spec, notify=diversion.notify), spec_path)
    config = alertmanager.render(plan)[f"{naming.ALERTMANAGER}/alertmanager.yml"]
    return Overlay(config, diversion.files, diversion.receivers)


def diverted(overlay: Overlay | None, notify: Notify) -> tuple[str, ...]:
    """Return a line for each receiver that goes to the sinks."""
    names = overlay.receivers if overlay else ()
    secrets = {each.name: each.integration.secret_file or "" for each in notify.receivers}
    return tuple(
        f"{name}: {PurePosixPath(naming.ALERTMANAGER, secrets[name])} is not there, so it goes to the local sinks"
        for name in names
    )


def undelivered(root: Path, plan: Plan) -> tuple[str, ...]:
    """Return a line for each missing secret where no sinks stand in."""
    missing = [path for path in plan.routing.secret_files if missing_secret(root, path)]
    return tuple(
        f"{PurePosixPath(naming.ALERTMANAGER, path)} is not there: what needs it cannot be delivered"
        for path in missing
    )
