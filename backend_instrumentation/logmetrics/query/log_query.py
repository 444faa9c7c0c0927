"""Answers what the records say, by operation and module, in memory that does not grow with the logs."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .line_parsing import LineParser
from .log_groups import ACCURACY, Group, Groups
from .log_reading import LogReader

PERCENTILES: Final = (0.5, 0.95, 0.99)
KEYS: Final = ("operation", "module", "metric_type")


@dataclass(frozen=True, slots=True)
class GroupSummary:
    """The records of one group. `sum`, `mean` and the percentiles are of the queried field; None without values.

    `success_ratio` is over the records that state a success. Percentiles need the extra `logs`.
    """

    key: tuple[str, ...]
    count: int
    success_ratio: float | None
    sum: float | None
    mean: float | None
    p50: float | None
    p95: float | None
    p99: float | None


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The groups, most records first, and what was read: `records` matched of all lines, `broken` and `other` skipped.

    `other` lines are JSON but no performance records. `damaged` names files that could not be read to their end.
    """

    by: tuple[str, ...]
    groups: tuple[GroupSummary, ...]
    records: int
    broken: int
    other: int
    files: int
    damaged: tuple[str, ...]
    percentiles: bool

    def as_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        names = (
            "count",
            "success_ratio",
            "sum",
            "mean",
            *(("p50", "p95", "p99") if self.percentiles else ()),
        )
        return {
            "groups": [
                {**dict(zip(self.by, each.key, strict=True)), **{name: getattr(each, name) for name in names}}
                for each in self.groups
            ],
            **{name: getattr(self, name) for name in ("records", "broken", "other", "files")},
            "damaged": list(self.damaged),
            "accuracy": ACCURACY if self.percentiles else None,
        }


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records count: None for all. `since` and `until` are seconds since the epoch, `until` excluded."""

    operation: str | None = None
    module: str | None = None
    metric_type: str | None = None
    since: float = -math.inf
    until: float = math.inf

    def takes(self, record: Mapping[str, Any]) -> bool:
        """Return whether a record counts."""
        return bool(
            self.since <= record["timestamp"] < self.until
            and (self.operation is None or record.get("operation") == self.operation)
            and (self.module is None or record.get("module") == self.module)
            and (self.metric_type is None or record["metric_type"] == self.metric_type)
        )


def query_logs(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    operation: str | None = None,
    module: str | None = None,
    metric_type: str | None = None,
    since: float | None = None,
    until: float | None = None,
    by: Sequence[str] = ("operation", "module"),
    field: str | None = None,
) -> QueryResult:
    """Read logs, their rotated and compressed files included, and summarize the records that match.

    `paths`: a log, a folder of logs, or several. `since` and `until`: seconds since the epoch. `by`: of operation,
    module and metric_type. `field`: the number to summarize; None is the duration of timers and the value of
    counters and gauges. Raises FileNotFoundError for a path without logs, and ValueError for another `by`.
    """
    wrong = [key for key in by if key not in KEYS]
    if wrong:
        raise ValueError(f"by: {wrong[0]!r} is none of {', '.join(KEYS)}")
    selection = Selection(
        operation,
        module,
        metric_type,
        -math.inf if since is None else since,
        math.inf if until is None else until,
    )
    groups = Groups(tuple(by), field)
    reader, parser = LogReader(), LineParser()
    selected = None if selection == Selection() else selection.takes
    for chunk in reader.chunks([paths] if isinstance(paths, str | os.PathLike) else paths):
        groups.take(parser.parse(chunk), selected)
    found = [_summary(groups, key, group) for key, group in groups.items()]
    found.sort(key=lambda each: (-each.count, each.key))
    return QueryResult(
        by=groups.by,
        groups=tuple(found),
        records=groups.records,
        broken=parser.broken + reader.broken,
        other=groups.other,
        files=reader.files,
        damaged=tuple(reader.damaged),
        percentiles=groups.percentiles,
    )


def _summary(groups: Groups, key: tuple[object, ...], group: Group) -> GroupSummary:
    values = group.values
    return GroupSummary(
        tuple("" if part is None else str(part) for part in key),
        group.count,
        (group.stated - group.failed) / group.stated if group.stated else None,
        values.total if values.count else None,
        values.total / values.count if values.count else None,
        *groups.quantiles(group, PERCENTILES),
    )


def counts(result: QueryResult) -> Iterator[str]:
    """Yield what was read, in words."""
    yield f"{result.records} records in {result.files} files"
    if result.broken:
        yield f"{result.broken} broken lines skipped"
    if result.other:
        yield f"{result.other} lines that are no performance records"
