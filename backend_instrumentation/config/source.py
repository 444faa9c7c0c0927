"""Reads what `Instruments.from_spec` takes: a file, its decoded content, settings, or nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping

from ..guard import LOGGER
from .settings import Settings, load, parse


def read(spec: str | os.PathLike[str] | Mapping[str, object] | Settings | None) -> Settings:
    """Return the spec's settings; for a spec that cannot be used, log one warning and return the defaults."""
    if isinstance(spec, Settings):
        return spec
    try:
        if spec is None or isinstance(spec, str | os.PathLike):
            return load(spec)
        settings = parse(dict(spec))
    except Exception as error:
        LOGGER.warning("the spec cannot be used, running on the defaults: %s", error)
        return Settings()
    if settings.left_out:
        LOGGER.warning("the spec: left out: %s", "; ".join(settings.left_out))
    return settings
