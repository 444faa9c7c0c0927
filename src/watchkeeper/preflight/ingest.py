"""Whether the disk can keep the retention, at the rate of samples that was measured or is expected."""

from __future__ import annotations

from pathlib import Path

from watchkeeper.backup.space import amount, free_bytes
from watchkeeper.cost.rule_cost import our_cost
from watchkeeper.local_http import NoAnswer
from watchkeeper.model.stack import Stack
from watchkeeper.plan.plan import Plan
from watchkeeper.preflight.preflight_line import Line, Running, good
from watchkeeper.prometheus_api import instant

# Prometheus' documentation: one to two bytes a sample after compression.
_SAMPLE_BYTES = 2
# Rough figures, not measured: series of one FastAPI process with all packs, and of the stack's own parts.
# A running stack answers with its real rate instead.
_SERIES_OF_TARGET, _SERIES_OF_STACK = 1_500, 3_000
# The write-ahead log, and blocks that exist twice while they are compacted.
_MARGIN = 1.2
_RATE = "rate(prometheus_tsdb_head_samples_appended_total[10m])"
_UNITS = {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40, "PB": 1 << 50, "EB": 1 << 60}


def disk_line(plan: Plan, folder: Path, running: Running | None) -> Line:
    """Return whether the file system of the data has room for the retention."""
    rate, how = _rate(plan, running)
    needed = needed_bytes(plan.stack, rate)
    # What the data has already needs no room.
    free = free_bytes(folder) + (running.data_bytes if running else 0)
    found = f"{amount(free)} for {plan.stack.retention} at {rate:,.0f} samples a second ({how}): about {amount(needed)}"
    if free < needed:
        remedy = f"free space on the file system of {folder}, or set stack.retention_size below what is free"
        return Line("disk", "fail", found, remedy)
    if free < needed * 1.5:
        return Line(
            "disk", "warn", found, "set stack.retention_size, so that Prometheus never fills the disk"
        )
    return good("disk", found)


def retention_line(plan: Plan, running: Running | None) -> Line:
    """Return whether the data is kept for as long as the longest window of an objective needs it."""
    windows = [slo.window for service in plan.services for slo in service.spec.slos]
    kept = f"{plan.stack.retention} of metrics"
    if not windows:
        return good("retention", f"{kept}; there is no objective")
    found = f"{kept}; the longest window of an objective is {max(windows)}"
    size = plan.stack.retention_size
    rate = _rate(plan, running)[0]
    if size is None or size_bytes(size) >= float(max(windows).seconds) * rate * _SAMPLE_BYTES:
        return good("retention", found)
    days = size_bytes(size) / (rate * _SAMPLE_BYTES) / 86_400
    found += f", and stack.retention_size {size} keeps about {days:.0f} days at {rate:,.0f} samples a second"
    return Line("retention", "warn", found, "raise stack.retention_size: error budgets would read too high")


def needed_bytes(stack: Stack, rate: float) -> float:
    """Return the bytes that the retention needs at a rate of samples a second."""
    needed = float(stack.retention.seconds) * rate * _SAMPLE_BYTES * _MARGIN
    return min(needed, size_bytes(stack.retention_size)) if stack.retention_size else needed


def size_bytes(text: str) -> int:
    """Return Prometheus' notation of a size, such as 20GB, in bytes."""
    digits = text.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return int(float(digits) * _UNITS[text[len(digits) :]])


def _rate(plan: Plan, running: Running | None) -> tuple[float, str]:
    """Return samples a second, and how they are known."""
    if running is not None:
        try:
            measured = sum(each.value for each in instant(running.prometheus, f"sum({_RATE})"))
        except NoAnswer:
            measured = 0.0
        if measured > 0:
            return measured, "measured"
    return expected_rate(plan), "expected"


def expected_rate(plan: Plan) -> float:
    """Return the samples a second that a stack of this plan will have, roughly and rather too many."""
    targets = sum(max(1, len(each.compose_targets)) for each in plan.services)
    scraped = targets * _SERIES_OF_TARGET + _SERIES_OF_STACK
    recorded = our_cost(plan, _SERIES_OF_TARGET).samples_a_second
    return scraped / float(plan.stack.scrape_interval.seconds) + recorded
