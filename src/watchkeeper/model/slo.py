"""Service level objectives and the indicators under them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from watchkeeper.model.alert import Severity
from watchkeeper.model.by_label import ByLabel
from watchkeeper.model.calendar_window import CalendarWindow
from watchkeeper.model.duration import Duration
from watchkeeper.model.notify import Route
from watchkeeper.model.position import Position
from watchkeeper.model.text_file import TextFile

_DAY = Duration.parse("1d")
# How often rollups are recorded, and the range that each one covers. Public series names say `tile`.
TILE = Duration.parse("5m")
SliKind = Literal["availability", "latency", "events", "boolean", "ratio"]
Downtime = Literal["bad", "gap"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFilter:
    """The values of a label that an indicator counts, or leaves out where `is_excluded`.

    `where` is the position of the label, `positions` are those of the values.
    """

    label: str
    values: tuple[str, ...]
    is_excluded: bool
    where: Position
    positions: tuple[Position, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sli:
    """What counts as good. Which fields are set follows from `kind`; queries are PromQL that has been parsed.

    `filters` restrict the series of availability and latency; the spec calls them `where`.
    """

    kind: SliKind
    family: str | None
    threshold: Duration | None
    bad: str | None
    good: str | None
    total: str | None
    query: str | None
    external: bool
    downtime: Downtime
    where: Position
    filters: tuple[LabelFilter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerting:
    """How an SLO's burn alerts depart from the policy; `None` severity means that alert is off.

    `idle` is the time without events after which the team wants an alert, None for never. `budget` are the percentages
    of the error budget, largest first, at which it wants one, each with its severity. `exhausted_in` is the time within
    which the budget would be gone at the current burn rate, None for no such alert.
    """

    policy: str | None
    page: Severity | None
    ticket: Severity | None
    enabled: bool
    idle: Duration | None
    policy_where: Position
    budget: tuple[tuple[int, Severity], ...] = ()
    exhausted_in: Duration | None = None

    @property
    def severities(self) -> tuple[Severity, ...]:
        """Return the severities of the alerts that the SLO may have, each once."""
        burns: list[Severity | None] = [self.page, self.ticket] if self.enabled else []
        others: list[Severity | None] = [self.ticket or "warning", "info" if self.idle is not None else None]
        left = [severity for _, severity in self.budget]
        return tuple(dict.fromkeys(one for one in (*burns, *others, *left) if one is not None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Slo:
    """One objective over one window; `objective` is a ratio, 0.995 for 99.5%.

    `window` is the length of a rolling window, and the longest one of a `calendar` window. `routes` has the receivers
    of its own that it names, by severity. `by` is the label whose values have budgets of their own, None for one budget.
    """

    name: str
    description: str
    objective: Decimal
    window: Duration
    sli: Sli
    labels: tuple[tuple[str, str], ...]
    runbook: str | None
    alerting: Alerting
    min_events: int | None
    expected_traffic: Decimal | None
    where: Position
    objective_where: Position
    window_where: Position
    runbook_notes: TextFile | None = None
    routes: tuple[Route, ...] = ()
    by: ByLabel | None = None
    calendar: CalendarWindow | None = None

    @property
    def window_name(self) -> str:
        """Return the window as the spec and the names of series have it: `30d`, or `month`."""
        return str(self.window) if self.calendar is None else self.calendar.unit

    @property
    def window_words(self) -> str:
        """Return what texts call the window: `30d`, or `a calendar month (Europe/Berlin)`."""
        return str(self.window) if self.calendar is None else self.calendar.words

    @property
    def needed_retention(self) -> Duration:
        """Return how long samples must be kept for it: its window and a day."""
        return Duration(self.window.milliseconds + _DAY.milliseconds)
