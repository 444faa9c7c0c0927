"""Which burn-rate tiers an SLO gets: the policies of windows.yml, read once."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Literal

import yaml

from watchkeeper.model.duration import Duration

TierKind = Literal["page", "ticket"]
DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class PolicyTier:
    """One pair of windows and the burn rate over which it fires."""

    kind: TierKind
    long: Duration
    short: Duration
    factor: Decimal


def names() -> tuple[str, ...]:
    """Return the names of all policies."""
    return tuple(_policies())


@cache
def tiers_of(policy: str, window: Duration) -> tuple[PolicyTier, ...]:
    """Return a policy's tiers for an SLO's window, fastest first; none where the policy has no row so short.

    Raises KeyError for a policy that does not exist.
    """
    rows = [(length, tiers) for length, tiers in _policies()[policy] if length <= window]
    return max(rows)[1] if rows else ()


def shortest_window(policy: str) -> Duration:
    """Return the shortest SLO window that a policy has tiers for."""
    return min(length for length, _ in _policies()[policy])


@cache
def _policies() -> dict[str, tuple[tuple[Duration, tuple[PolicyTier, ...]], ...]]:
    text = resources.files("watchkeeper.plan.slo").joinpath("windows.yml").read_text(encoding="utf-8")
    # The base loader keeps every scalar a text, so that 14.4 stays 14.4.
    document = yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # noqa: S506
    return {
        name: tuple((Duration.parse(window), tuple(map(_tier, tiers))) for window, tiers in rows.items())
        for name, rows in document.items()
    }


def _tier(entry: dict[str, str]) -> PolicyTier:
    kind: TierKind = "page" if entry["kind"] == "page" else "ticket"
    return PolicyTier(
        kind, Duration.parse(entry["long"]), Duration.parse(entry["short"]), Decimal(entry["factor"])
    )
