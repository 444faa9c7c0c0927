"""Scraped targets by job, and those that do not answer."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from watchkeeper.overview.expected import ServiceOf
from watchkeeper.prometheus_api import Sample

MOST_DOWN: Final = 50
DOWN_QUERY: Final = f"topk({MOST_DOWN}, up == 0)"


@dataclass(frozen=True, slots=True)
class Job:
    """The targets of one scrape job of one service."""

    name: str
    service: str
    up: int
    total: int


@dataclass(frozen=True, slots=True)
class DownTarget:
    """A target that does not answer; `error` is empty if Prometheus does not say why."""

    job: str
    address: str
    service: str
    error: str = ""


def counts_query(service_of: ServiceOf) -> str:
    """Return the query that counts targets by job, and by the labels that say whose they are."""
    names = sorted({"job", "service", *service_of.label_names})
    return f'count_values by ({", ".join(names)}) ("up", up)'


def jobs(samples: Iterable[Sample], service_of: ServiceOf) -> tuple[Job, ...]:
    """Return the jobs of the answer to `counts_query`, those with missing targets first."""
    counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for sample in samples:
        key = (sample.labels.get("job", ""), service_of(sample.labels))
        counts[key][sample.labels.get("up", "")] += int(sample.value)
    rows = (Job(job, service, each["1"], each.total()) for (job, service), each in counts.items())
    return tuple(sorted(rows, key=lambda row: (row.up == row.total, row.name, row.service)))


def down_targets(
    samples: Iterable[Sample], service_of: ServiceOf, listed: Iterable[Mapping[str, Any]] = ()
) -> tuple[DownTarget, ...]:
    """Return the targets of the answer to DOWN_QUERY; `listed` are those of `/api/v1/targets`, which know the reason."""
    errors = {
        (one["labels"].get("job", ""), one["labels"].get("instance", "")): str(one.get("lastError", ""))
        for one in listed
    }
    rows = []
    for sample in samples:
        job, instance = sample.labels.get("job", ""), sample.labels.get("instance", "")
        error = errors.get((job, instance), "").rpartition('": ')[2]
        rows.append(DownTarget(job, instance, service_of(sample.labels), error))
    return tuple(sorted(rows, key=lambda row: (row.job, row.address)))
