"""What a spec says of the series that a server has: its objectives, and the services that others scrape."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from watchkeeper import naming
from watchkeeper.model.calendar_window import CalendarWindow
from watchkeeper.model.spec import Spec
from watchkeeper.prometheus_api import Labels


@dataclass(frozen=True, slots=True)
class ExpectedObjective:
    """One objective of a spec; `target` is a ratio."""

    slo_id: str
    service: str
    slo: str
    description: str
    target: float
    window: str
    calendar: CalendarWindow | None = None

    def period(self, at: float) -> str:
        """Return the name of the month or quarter of a moment, empty for a rolling window."""
        return "" if self.calendar is None else self.calendar.name_at(at)


@dataclass(frozen=True, slots=True)
class ForeignService:
    """A service that others scrape, with the labels by which series are its own."""

    name: str
    labels: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected of a server; nothing without a spec."""

    objectives: tuple[ExpectedObjective, ...] = ()
    foreign: tuple[ForeignService, ...] = ()


def expected(spec: Spec) -> Expected:
    """Return what a spec says: its objectives, so that those which no rule records are not missed, and whose series are whose."""
    return Expected(
        tuple(
            ExpectedObjective(
                slo_id=naming.slo_id(service.name, slo.name),
                service=service.name,
                slo=slo.name,
                description=slo.description,
                target=float(slo.objective),
                window=slo.window_name,
                calendar=slo.calendar,
            )
            for service in spec.services
            for slo in service.slos
        ),
        tuple(ForeignService(service.name, service.match) for service in spec.services if service.match),
    )


class ServiceOf:
    """Finds the service of a series that others scrape, whose label `service` may be missing or mean another thing."""

    def __init__(self, foreign: Iterable[ForeignService]) -> None:
        """Know these services."""
        self._found: defaultdict[tuple[str, ...], dict[tuple[str, ...], str]] = defaultdict(dict)
        for one in foreign:
            names, values = zip(*sorted(one.labels), strict=True)
            self._found[names][values] = one.name

    @property
    def label_names(self) -> frozenset[str]:
        """Return the labels that tell the services apart."""
        return frozenset(name for names in self._found for name in names)

    def __call__(self, labels: Labels) -> str:
        """Return the name of a series' service; empty if it has none."""
        for names, services in self._found.items():
            name = services.get(tuple(labels.get(one, "") for one in names))
            if name is not None:
                return name
        return labels.get("service", "")
