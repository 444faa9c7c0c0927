"""Checks the labels that a service adds to its request metrics: constant texts, and functions of the request."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from ..contract import Family
from .declared_families import ConfigError, label_names

MOST_LABELS: Final = 8
_MOST_CHARACTERS: Final = 128
_TAKEN: Final = frozenset({"method", "handler", "status_code", "le", "quantile", "component"})

LabelFunction = Callable[[Any, int], object]
"""Returns a label's value from the request's scope and its status code."""
Labels = tuple[tuple[str, str | LabelFunction], ...]


def request_labels(given: object, left_out: list[str], *, functions: bool) -> Labels:
    """Return the usable labels, in their order; a label that cannot be used is left out and named."""
    if not isinstance(given, Mapping):
        left_out.append(f"labels: {given!r} is no mapping of label names to values")
        return ()
    found: list[tuple[str, str | LabelFunction]] = []
    for name, value in given.items():
        try:
            found.append((_name(name, len(found)), _value(name, value, functions=functions)))
        except ConfigError as error:  # noqa: PERF203 - one wrong label must not affect the others
            left_out.append(f"labels: {error}")
    return tuple(found)


def with_labels(families: tuple[Family, ...], labels: Labels) -> tuple[Family, ...]:
    """Return the families; those of single requests, which have the label `handler`, get the labels too."""
    names = tuple(name for name, _ in labels)
    return tuple(
        replace(each, labels=(*each.labels, *names))
        if each.pack.startswith("http") and "handler" in each.labels
        else each
        for each in families
    )


def _name(name: object, before: int) -> str:
    if before >= MOST_LABELS:
        raise ConfigError(f"{name!r} is one too many, there can be {MOST_LABELS}")
    if name in _TAKEN:
        raise ConfigError(f"{name!r} is taken")
    (checked,) = label_names([name], "the requests", "histogram")
    return checked


def _value(name: object, value: object, *, functions: bool) -> str | LabelFunction:
    if isinstance(value, str):
        return value[:_MOST_CHARACTERS].encode("utf-8", "replace").decode()
    if functions and callable(value):
        if inspect.iscoroutinefunction(value) or inspect.iscoroutinefunction(type(value).__call__):
            raise ConfigError(f"{name!r} needs a plain function, not a coroutine function")
        function: LabelFunction = value
        return function
    raise ConfigError(f"{name!r} needs a text{' or a function' if functions else ''}, not {value!r}")
