"""The Alertmanager configuration while secrets are missing, and the remarks about it for the user."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

from watchkeeper import naming
from watchkeeper.backends import alertmanager
from watchkeeper.model.notify import Notify
from watchkeeper.model.spec import Spec
from watchkeeper.pipeline import plan_of, root_of
from watchkeeper.plan.plan import Plan
from watchkeeper.stack.configuration import AlertmanagerOverride, is_file, missing_secret
from watchkeeper.stack.redirect import Sinks, redirect


def override_for(spec: Spec, spec_path: Path, sinks: Sinks) -> AlertmanagerOverride | None:
    """Return what replaces the rendered configuration, or None when every receiver has its secret."""
    root = root_of(spec_path)
    redirected = redirect(spec.notify, sinks, exists=lambda path: not missing_secret(root, path))
    if redirected.notify == spec.notify:
        return None
    plan = plan_of(replace(spec, notify=redirected.notify), spec_path)
    config = alertmanager.render(plan)[f"{naming.ALERTMANAGER}/alertmanager.yml"]
    has_dead_man = redirected.notify.dead_man is not None
    return AlertmanagerOverride(
        config, redirected.files, redirected.receivers, has_dead_man, redirected.missing
    )


def redirect_remarks(override: AlertmanagerOverride | None, notify: Notify) -> tuple[str, ...]:
    """Return a line for each receiver whose notifications go to the sinks."""
    names = override.receivers if override else ()
    missing = override.missing if override else ()
    redirected = tuple(
        f"{name}: {PurePosixPath(naming.ALERTMANAGER, lacks)} is missing, so its notifications go to the local sinks"
        for name, lacks in zip(names, missing, strict=True)
    )
    if override is None or notify.dead_man is None or override.has_dead_man:
        return redirected
    path = PurePosixPath(naming.ALERTMANAGER, notify.dead_man.url_file)
    return (*redirected, f"dead_man: {path} is missing, so nobody notices when the stack itself ends")


def missing_secret_remarks(root: Path, plan: Plan) -> tuple[str, ...]:
    """Return a line for each missing secret of a stack without sinks."""
    missing = [path for path in plan.routing.secret_files if missing_secret(root, path)]
    return tuple(
        f"{PurePosixPath(naming.ALERTMANAGER, path)} is missing: the notifications that need it cannot be delivered"
        for path in missing
    )


def missing_scrape_file_remarks(root: Path, plan: Plan) -> tuple[str, ...]:
    """Return a line for each file of a service's scrapes that is missing on this machine."""
    folder = root / naming.PROMETHEUS
    return tuple(
        f"{service.name} cannot be scraped: {PurePosixPath(naming.PROMETHEUS, path)} is missing"
        for service in plan.services
        for _, path in service.spec.scrape.files
        if not is_file(folder / path)
    )
