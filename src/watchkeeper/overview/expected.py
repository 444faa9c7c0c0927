"""The objectives that a spec has, so that those which no rule records are not missed."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper import naming
from watchkeeper.model.spec import Spec


@dataclass(frozen=True, slots=True)
class Expected:
    """One objective of a spec; `target` is a ratio."""

    slo_id: str
    service: str
    slo: str
    description: str
    target: float
    window: str


def expected(spec: Spec) -> tuple[Expected, ...]:
    """Return the objectives of a spec."""
    return tuple(
        Expected(
            slo_id=naming.slo_id(service.name, slo.name),
            service=service.name,
            slo=slo.name,
            description=slo.description,
            target=float(slo.objective),
            window=str(slo.window),
        )
        for service in spec.services
        for slo in service.slos
    )
