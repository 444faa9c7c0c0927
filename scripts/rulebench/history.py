"""Write the history as blocks: text in OpenMetrics' form, one slice of time after another, through promtool."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from .children import Children
from .progress import Progress
from .subject import SCRAPE
from .traffic import Counter, counters

HOUR, DAY = 3_600, 86_400
RAW_DAYS = 4
# As a server with 91 days of retention has them, more or less: long blocks, and shorter ones of the last days. A slice
# must not cross a multiple of the long block, or promtool makes two of it.
_LONG, _SHORT = 54 * HOUR, 18 * HOUR
_LAST = HOUR // 2
_WORKERS = 2


@dataclass(frozen=True, slots=True)
class Series:
    """A series of the history: name and labels as text, a sample every `step` seconds for the last `span` seconds."""

    name: str
    step: int
    span: int
    value: Callable[[int], object]


def raw(end: int, services: Iterable[str]) -> list[Series]:
    """Return the raw counters of these services."""
    own = tuple(counters(end))
    return [_of_counter(service, counter) for service in services for counter in own]


def _of_counter(service: str, counter: Counter) -> Series:
    name = f'http_requests_total{{service="{service}",{counter.labels}}}'
    return Series(name, SCRAPE, RAW_DAYS * DAY, counter.read)


def recorded(record: str, labels: Mapping[str, str], *, step: int, span: int) -> Series:
    """Return the history of a recording rule: fractions that wander, as rates do."""
    text = ",".join(f'{label}="{value}"' for label, value in labels.items())
    dice = random.Random(record)  # noqa: S311
    values = tuple(repr(dice.uniform(0.0001, 0.0002)) for _ in range(997))
    return Series(f"{record}{{{text}}}", step, span, lambda at: values[at // step % len(values)])


def slices(end: int, longest: int) -> list[tuple[int, int]]:
    """Return the spans of time that become one block each, oldest first; they cover `longest` seconds before `end`."""
    oldest, recent = end - longest, (end - RAW_DAYS * DAY) // _SHORT * _SHORT
    edges = {*_multiples(_LONG, oldest, recent), *_multiples(_SHORT, max(recent, oldest), end - _LAST)}
    return list(pairwise(sorted({oldest, *edges, end - _LAST, end})))


def _multiples(of: int, start: int, stop: int) -> range:
    return range(-(-start // of) * of, stop, of)


def write_blocks(
    started: Children, promtool: Path, data: Path, series: Sequence[Series], end: int, progress: Progress
) -> None:
    """Make the blocks in `data`; the text of a slice is removed as soon as its block is there."""
    spans = slices(end, max(one.span for one in series))

    def write(span: tuple[int, int]) -> None:
        text, log = data.with_name(f"{span[0]}.om"), data.with_name("promtool.log")
        with text.open("w") as out:
            out.writelines(_lines(series, span, end))
            out.write("# EOF\n")
        command: list[str | Path] = [promtool, "tsdb", "create-blocks-from", "openmetrics", "--quiet"]
        started.run([*command, f"--max-block-duration={_LONG}s", text, data], log)
        text.unlink()
        progress.step()

    with ThreadPoolExecutor(_WORKERS) as pool:
        try:
            for _ in pool.map(write, spans[:-1]):
                pass
            # The newest last and up to this moment: the server goes on right after it.
            write((spans[-1][0], int(time.time())))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            started.stop()
            raise


def _lines(series: Sequence[Series], span: tuple[int, int], end: int) -> Iterator[str]:
    for one in series:
        start = max(span[0], end - one.span)
        name, value = one.name, one.value
        times = range(-(-start // one.step) * one.step, span[1], one.step)
        yield "".join([f"{name} {value(at)} {at}\n" for at in times])
