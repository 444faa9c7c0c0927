"""Which SLOs are measured together, on which services, and what history their rules read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from watchkeeper import naming
from watchkeeper.model.duration import Duration
from watchkeeper.model.slo import TILE

from . import pyrra, sloth
from .history import DAY, HOUR, Series, recorded
from .spec import availability, over_every_service, render, rendered_groups, write_spec
from .stage import Stage
from .subject import CYCLE, RuleGroup, Subject, on_all_services, on_service
from .traffic import SERIES

WIDE_SERVICES = 10
NARROW_SERVICES = 2
"""Services over which SLOs of 200 series are spread: writing the history of more takes minutes, reading it does not differ."""
PYRRA_UP_TO, SLOTH_UP_TO = 10, 100
"""SLOs up to which the peers run: beyond 10 their evaluations do not end within a cycle on two cores."""
WRITTEN_UP_TO, SLOTH_WRITTEN_UP_TO = 100, 10
"""SLOs up to which each has its own history: those beyond read the history of these, and record as themselves."""
WIDE, LONG = "wide", "ninety"
ALL, LONG_WINDOW = "all", "90d"
_READ_BACK = 7 * HOUR
"""Of what our rules read at most 6h back."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the caller asked for: numbers of SLOs, and raw series an SLO (200, 2000)."""

    slos: tuple[int, ...]
    series: tuple[int, ...]

    @property
    def is_wide(self) -> bool:
        """Return whether an SLO over ten services' series is asked for."""
        return SERIES * WIDE_SERVICES in self.series

    @property
    def narrow(self) -> tuple[int, ...]:
        """Return the numbers of SLOs to measure at 200 series."""
        return self.slos if SERIES in self.series else ()

    @property
    def services(self) -> tuple[str, ...]:
        """Return the services with traffic, each with 200 raw series: ten where one SLO reads all of them, else two."""
        many = WIDE_SERVICES if self.is_wide else min(NARROW_SERVICES, max(self.narrow, default=1))
        return tuple(f"s{number}" for number in range(many))


def subjects(count: int, services: tuple[str, ...]) -> tuple[Subject, ...]:
    """Return this many SLOs, spread over the services: those beyond the services share their raw series."""
    return tuple(on_service(services[n % len(services)], f"a{n // len(services)}") for n in range(count))


def rendered(wanted: Wanted, folder: Path) -> Path:
    """Render one spec with every SLO of the run; return where."""
    slos: dict[str, list[dict[str, Any]]] = {service: [] for service in wanted.services}
    for subject in subjects(min(max(wanted.narrow, default=0), WRITTEN_UP_TO), wanted.services):
        slos[subject.service].append(availability(subject.slo))
    slos[wanted.services[0]].append(availability(LONG, LONG_WINDOW))
    slos[ALL] = [over_every_service(WIDE)]
    spec, out = folder / "spec.yml", folder / "rendered"
    write_spec(spec, {service: own for service, own in slos.items() if own})
    render(spec, out)
    return out


def stages(wanted: Wanted, out: Path, sloth_program: Path | None) -> list[Stage]:
    """Return the stages in the order in which they run: one SLO first, many SLOs with their peers last.

    Without Sloth's program none has peers.
    """
    services = wanted.services
    narrow = [_narrow(count, services, out, sloth_program) for count in sorted(wanted.narrow)]
    found = narrow[:1]
    if narrow:
        long = on_service(services[0], LONG)
        found.append(Stage(1, SERIES, LONG_WINDOW, {"ours": {long.id: rendered_groups(out, long)}}))
    if wanted.is_wide:
        wide = (on_all_services(ALL, WIDE),)
        kinds = {"ours": _ours_of(wide, out), **_peers(wide, 1, out, sloth_program)}
        found.append(Stage(1, SERIES * WIDE_SERVICES, "30d", kinds))
    return [*found, *sorted(narrow[1:], key=lambda stage: len(stage.kinds))]


def _narrow(count: int, services: tuple[str, ...], out: Path, sloth_program: Path | None) -> Stage:
    slos = subjects(count, services)
    ours = copied(_ours_of(slos[:WRITTEN_UP_TO], out), count)
    return Stage(count, SERIES, "30d", {"ours": ours, **_peers(slos, count, out, sloth_program)})


def _ours_of(slos: tuple[Subject, ...], out: Path) -> Mapping[str, tuple[RuleGroup, ...]]:
    return {one.id: rendered_groups(out, one) for one in slos}


def _peers(
    slos: tuple[Subject, ...], count: int, folder: Path, sloth_program: Path | None
) -> dict[str, Mapping[str, tuple[RuleGroup, ...]]]:
    kinds: dict[str, Mapping[str, tuple[RuleGroup, ...]]] = {}
    if sloth_program is not None and count <= SLOTH_UP_TO:
        kinds["sloth"] = copied(sloth.generated(sloth_program, slos[:SLOTH_WRITTEN_UP_TO], folder), count)
    if sloth_program is not None and count <= PYRRA_UP_TO:
        kinds["pyrra"] = {one.id: pyrra.groups(one) for one in slos}
    return kinds


def copied(written: Mapping[str, tuple[RuleGroup, ...]], count: int) -> Mapping[str, tuple[RuleGroup, ...]]:
    """Return the groups of this many SLOs: after those that have a history, the same again under other names."""
    own = list(written.items())
    copies = {}
    for number in range(count):
        again, place = divmod(number, len(own))
        name, groups = own[place]
        copies[f"{name}-{again}" if again else name] = recorded_as(groups, again)
    return copies


def recorded_as(groups: tuple[RuleGroup, ...], copy: int) -> tuple[RuleGroup, ...]:
    """Return groups that read the same series and record others, under ids with the number of the copy; 0 for the same."""
    if not copy:
        return groups
    return tuple(
        {
            **group,
            "name": f"{group['name']}-{copy}",
            "rules": [{**rule, "labels": _numbered(rule["labels"], copy)} for rule in group["rules"]],
        }
        for group in groups
    )


def _numbered(labels: Mapping[str, str], copy: int) -> dict[str, str]:
    return {
        name: f"{value}-{copy}" if name in {"slo_id", "sloth_id"} else value for name, value in labels.items()
    }


def recorded_history(found: Iterable[Stage]) -> list[Series]:
    """Return the history of every recorded series over which a rule of these stages reads a range."""
    series: dict[str, Series] = {}
    for stage in found:
        for groups in list(stage.kinds["ours"].values())[:WRITTEN_UP_TO]:
            series |= {one.name: one for one in _ours(groups, Duration.parse(stage.window))}
        for groups in list(stage.kinds.get("sloth", {}).values())[:SLOTH_WRITTEN_UP_TO]:
            one = of_sloth(groups)
            series[one.name] = one
    return list(series.values())


def _ours(groups: tuple[RuleGroup, ...], window: Duration) -> Iterable[Series]:
    fast, slow = groups
    for rule in fast["rules"]:
        if rule.get("record") in (naming.TOTAL_BASE, naming.BAD_BASE):
            yield recorded(rule["record"], rule["labels"], step=CYCLE, span=_READ_BACK)
    for rule in slow["rules"]:
        is_tile = rule["record"] in (naming.TOTAL_TILE, naming.BAD_TILE)
        span = int(window.seconds) + HOUR if is_tile else _READ_BACK
        yield recorded(rule["record"], rule["labels"], step=int(TILE.seconds), span=span)


def of_sloth(groups: tuple[RuleGroup, ...]) -> Series:
    """Return the history of the ratios whose mean Sloth takes over its period."""
    short: Mapping[str, Any] = groups[0]["rules"][0]
    return recorded(short["record"], short["labels"], step=CYCLE, span=sloth.PERIOD_DAYS * DAY + HOUR)
