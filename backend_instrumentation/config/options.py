"""Applies the arguments of `instrument()` to the settings of the file: an argument that is given wins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ..contract import PACKS, Family, families
from ..guard import LOGGER
from .endpoint_paths import endpoint_paths
from .exclusion import entries_of
from .metrics_guard import guard_of
from .request_labels import request_labels, with_labels
from .settings import RequestCallback, Settings


def with_options(settings: Settings, given: Mapping[str, object]) -> Settings:
    """Return the settings with the arguments that are not `...`; one warning names those that cannot be used."""
    left_out: list[str] = []
    wanted = {key: value for key, value in given.items() if value is not ...}
    paths = {"metrics_path": settings.metrics_path, "health_path": settings.health_path}
    chosen = endpoint_paths(wanted, left_out, paths)
    labels = request_labels(wanted.get("labels", {}), left_out, functions=True)
    known = {name for name, _ in settings.labels}
    left_out += [f"labels: {name!r} is in the file already" for name, _ in labels if name in known]
    added = tuple((name, value) for name, value in labels if name not in known)
    more = _more(settings, wanted.get("packs", ()), left_out)
    changed = replace(
        settings,
        metrics_path=chosen["metrics_path"],
        health_path=chosen["health_path"],
        exclude=settings.exclude | entries_of(wanted.get("exclude", ()), left_out),
        labels=(*settings.labels, *added),
        families=with_labels((*settings.families, *with_labels(more, settings.labels)), added),
        status_groups=_status_groups(settings, wanted, left_out),
        metrics_guard=guard_of(wanted.get("metrics_guard"), left_out) or settings.metrics_guard,
        on_request=_callbacks(wanted.get("on_request", ()), left_out),
    )
    if left_out:
        LOGGER.warning("instrument(): left out: %s", "; ".join(left_out))
    return changed


def _more(settings: Settings, packs: object, left_out: list[str]) -> tuple[Family, ...]:
    if isinstance(packs, str | bytes) or not isinstance(packs, Iterable):
        left_out.append(f"packs: {packs!r} is no list of packs")
        return ()
    wanted = list(packs)
    left_out += [f"pack {pack!r}: there are {', '.join(PACKS)}" for pack in wanted if pack not in PACKS]
    known = {each.name for each in settings.families}
    usable = [pack for pack in wanted if pack in PACKS]
    return tuple(each for each in families(usable) if each.name not in known)


def _status_groups(settings: Settings, wanted: Mapping[str, object], left_out: list[str]) -> bool:
    value = wanted.get("status_groups", settings.status_groups)
    if isinstance(value, bool):
        return value
    left_out.append(f"status_groups: {value!r} is neither True nor False")
    return settings.status_groups


def _callbacks(given: object, left_out: list[str]) -> tuple[RequestCallback, ...]:
    found = tuple(given) if isinstance(given, list | tuple) else (given,)
    left_out += [f"on_request: {each!r} is no function" for each in found if not callable(each)]
    return tuple(each for each in found if callable(each))
