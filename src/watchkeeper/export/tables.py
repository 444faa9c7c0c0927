"""Rows as CSV for spreadsheets, or as JSON for programs, one row a line and nothing kept."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

from watchkeeper.export.columns import COLUMNS, KEYS, OBJECTIVE_COLUMNS, SERVICE_COLUMNS
from watchkeeper.export.period import Period, iso
from watchkeeper.export.rows import Row

# A spreadsheet calculates a cell that begins with one of these.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_csv(rows: Iterable[Row], _: Period, out: TextIO) -> int:
    """Write a header and the rows; return how many there were. Nothing is written without rows."""
    writer = csv.writer(out)
    count = 0
    for row in rows:
        if count == 0:
            writer.writerow((*KEYS, *COLUMNS))
        cells = (iso(row.time), *map(cell, (row.service, row.slo, row.labels)))
        writer.writerow((*cells, *(row.values.get(column, "") for column in COLUMNS)))
        count += 1
    return count


def cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def write_json(rows: Iterable[Row], period: Period, out: TextIO) -> int:
    """Write one document with the key `rows`; return how many there were. Nothing is written without rows."""
    count = 0
    for row in rows:
        out.write(",\n" if count else _head(period))
        json.dump(_document(row), out, ensure_ascii=False, allow_nan=False)
        count += 1
    if count:
        out.write("\n]}\n")
    return count


def _head(period: Period) -> str:
    ends = {"from": iso(period.start), "to": iso(period.end), "step_seconds": period.step}
    return f'{json.dumps(ends)[:-1]}, "rows": [\n'


def _document(row: Row) -> Mapping[str, Any]:
    columns = OBJECTIVE_COLUMNS.values() if row.slo else SERVICE_COLUMNS
    return dict(_items(row, columns))


def _items(row: Row, columns: Iterable[str]) -> Iterator[tuple[str, Any]]:
    yield from zip(KEYS, (iso(row.time), row.service, row.slo, row.labels), strict=True)
    yield from ((column, row.values.get(column)) for column in columns)
