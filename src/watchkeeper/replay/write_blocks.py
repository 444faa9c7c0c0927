"""Write the recorded past of objectives as blocks of a Prometheus: a text for each block, then promtool."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from watchkeeper.replay.recorded_past import open_metrics
from watchkeeper.replay.replayed_slo import ReplayedSlo

# Blocks of Prometheus have 2h times a power of 3. A larger one is kept until all of it is older than the retention.
BLOCK_HOURS = 162
_BLOCK = BLOCK_HOURS * 3_600
_SECONDS = 600


class BlocksNotWritten(Exception):
    """promtool or the disk refused; the text says why."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a folder of blocks has."""

    blocks: int
    samples: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Filled:
    """An objective whose series are written up to before `until`, in Unix seconds."""

    replayed: ReplayedSlo
    until: int


def write_blocks(past: Sequence[Filled], folder: Path, promtool: Path) -> Written:
    """Write the blocks into a folder, which may be new; raise BlocksNotWritten.

    promtool reads the whole text again for each block that it may contain, so each block has its own.
    """
    samples = 0
    text = folder / "samples.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for start, end in _parts(past):
            count = _written(past, start, end, text)
            if count:
                _to_blocks(text, folder, promtool)
            samples += count
        text.unlink(missing_ok=True)
    except OSError as error:
        raise BlocksNotWritten(f"{folder}: {(error.strerror or str(error)).lower()}") from None
    blocks = [path for path in folder.iterdir() if (path / "meta.json").is_file()]
    size = sum(path.stat().st_size for block in blocks for path in block.rglob("*") if path.is_file())
    return Written(len(blocks), samples, size)


def _parts(past: Sequence[Filled]) -> Iterator[tuple[int, int]]:
    grid = past[0].replayed.grid
    for number in range(grid.start // _BLOCK, grid.end // _BLOCK + 1):
        yield number * _BLOCK, (number + 1) * _BLOCK


def _written(past: Sequence[Filled], start: int, end: int, text: Path) -> int:
    count = 0
    with text.open("w", encoding="utf-8") as file:
        for one in past:
            for line in open_metrics(one.replayed, start, min(end, one.until)):
                file.write(line)
                count += 1
        file.write("# EOF\n")
    return count


def _to_blocks(text: Path, folder: Path, promtool: Path) -> None:
    command: list[str | Path] = [promtool, "tsdb", "create-blocks-from", "openmetrics"]
    command += [f"--max-block-duration={BLOCK_HOURS}h", "--quiet", text, folder]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise BlocksNotWritten(f"promtool did not write a block within {_SECONDS} s") from None
    if done.returncode:
        raise BlocksNotWritten(f"promtool: {(done.stderr or done.stdout).strip()[-300:]}")
