"""Turns the keys of `instrumentation.json` into metric families; a wrong entry is left out and named."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ..contract import LATENCY_BUCKETS, PACKS, Closed, Family, FamilyType, families, family

_NAME: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL: Final = re.compile(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*")
_TYPES: Final[tuple[FamilyType, ...]] = ("counter", "gauge", "histogram")
_UNITS: Final = ("seconds", "bytes", "ratio", "celsius", "meters", "grams", "volts", "joules")
DEFAULT_PACKS: Final = ("http", "system")
DECLARED: Final = "declared"
"""The pack of the families that the service itself declares."""


class ConfigError(ValueError):
    """`instrumentation.json` is not what its schema asks for; the message names the key."""


def merged(document: Mapping[str, object], left_out: list[str]) -> tuple[Family, ...]:
    """Return the contract's families of the document's packs, with its buckets and closed label sets."""
    found = {each.name: each for each in families(_packs(document, left_out))}
    for key, change in (("buckets", _with_buckets), ("allowed", _with_allowed)):
        for name, value in _mapping(document.get(key, {}), key).items():
            try:
                changed = change(found.get(name) or _known(name), value)
            except ConfigError as error:  # noqa: PERF203 - one wrong entry must not affect the others
                left_out.append(f"{key}: {error}")
            else:
                found.update({name: changed} if name in found else {})
    return tuple(found.values())


def declared_families(document: Mapping[str, object], left_out: list[str]) -> tuple[Family, ...]:
    """Return the families that the document's `metrics` key declares."""
    entries = document.get("metrics", [])
    if not isinstance(entries, list):
        raise ConfigError("metrics must be a list")
    found: dict[str, Family] = {}
    for index, entry in enumerate(entries):
        try:
            declared = _declared(_mapping(entry, "it"))
            if family(declared.name) is not None or declared.name in found:
                raise ConfigError(f"{declared.name!r} is defined twice")
            found[declared.name] = declared
        except ConfigError as error:  # noqa: PERF203
            left_out.append(f"metrics[{index}]: {error}")
    return tuple(found.values())


def _packs(document: Mapping[str, object], left_out: list[str]) -> list[str]:
    packs = document.get("packs", list(DEFAULT_PACKS))
    if not isinstance(packs, list):
        raise ConfigError("packs must be a list")
    left_out += [f"pack {pack!r}: there are {', '.join(PACKS)}" for pack in packs if pack not in PACKS]
    return [pack for pack in packs if pack in PACKS]


def _known(name: str) -> Family:
    found = family(name)
    if found is None:
        raise ConfigError(f"{name!r} is not in the contract")
    return found


def _mapping(value: object, key: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ConfigError(f"{key} must be an object")
    return value


def _with_buckets(original: Family, value: object) -> Family:
    if original.type != "histogram":
        raise ConfigError(f"{original.name!r} is not a histogram")
    return replace(original, buckets=bounds(value, original.name))


def _with_allowed(original: Family, value: object) -> Family:
    closed = {**dict(original.allowed), **dict(_closed(value, original.labels, original.name))}
    return replace(original, allowed=tuple(closed.items()), rows=())


def bounds(value: object, name: str) -> tuple[float, ...]:
    """Return a list of finite upper bounds, sorted and without repetitions; raises ConfigError."""
    if not isinstance(value, list) or not value:
        raise ConfigError(f"the buckets of {name!r} must be a list of numbers")
    for bound in value:
        if not isinstance(bound, int | float) or isinstance(bound, bool) or not math.isfinite(bound):
            raise ConfigError(f"the buckets of {name!r} contain {bound!r}, which is not a finite number")
    return tuple(sorted({float(bound) for bound in value}))


def _closed(value: object, labels: tuple[str, ...], name: str) -> Closed:
    rows = _mapping(value, f"allowed of {name!r}")
    for label, values in rows.items():
        if label not in labels:
            raise ConfigError(f"{name!r} has no label {label!r}")
        if not isinstance(values, list) or not values or not all(isinstance(each, str) for each in values):
            raise ConfigError(f"the allowed values of {label!r} in {name!r} must be a list of strings")
    return tuple((label, tuple(dict.fromkeys(rows[label]))) for label in labels if label in rows)  # type: ignore[call-overload]


def _declared(entry: Mapping[str, object]) -> Family:
    name, help_text = entry.get("name"), entry.get("help", "")
    kind = next((each for each in _TYPES if each == entry.get("type")), None)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ConfigError(f"{name!r} is not a metric name")
    if kind is None:
        raise ConfigError(f"the type of {name!r} must be one of: {', '.join(_TYPES)}")
    if kind == "counter" and not name.endswith("_total"):
        raise ConfigError(f"the name of the counter {name!r} must end in _total")
    if not isinstance(help_text, str):
        raise ConfigError(f"the help of {name!r} must be a string")
    labels = label_names(entry.get("labels", []), name, kind)
    return Family(
        name=name,
        type=kind,
        unit=next((unit for unit in _UNITS if unit in name.split("_")), ""),
        labels=labels,
        help=help_text or f"{name}, declared by the service.",
        pack=DECLARED,
        buckets=bounds(entry.get("buckets", list(LATENCY_BUCKETS)), name) if kind == "histogram" else (),
        allowed=_closed(entry.get("allowed", {}), labels, name),
    )


def label_names(value: object, name: str, kind: FamilyType) -> tuple[str, ...]:
    """Return a list of names that can be labels of the metric; raises ConfigError."""
    if not isinstance(value, list):
        raise ConfigError(f"the labels of {name!r} must be a list")
    for label in value:
        reserved = label == "le" and kind == "histogram"
        if not isinstance(label, str) or not _LABEL.fullmatch(label) or reserved:
            raise ConfigError(f"{label!r} cannot be a label of {name!r}")
    if len(set(value)) != len(value):
        raise ConfigError(f"the labels of {name!r} repeat one")
    return tuple(value)
