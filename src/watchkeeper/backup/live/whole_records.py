"""Where the last complete record of a segment of Prometheus' write-ahead log ends.

A segment is a sequence of pages of 32 KiB. A record consists of fragments of one type byte, two bytes of length, four of
checksum, then the data; no fragment crosses a page. The format: https://github.com/prometheus/prometheus/blob/main/tsdb/docs/format/wal.md
"""

from __future__ import annotations

from pathlib import Path

_PAGE = 32 * 1024
_HEADER = 7
_KIND = 0b0000_0111
_PADDING, _FULL, _LAST = 0, 1, 4


def trim_to_whole_records(segment: Path) -> None:
    """Cut a record that was being written off the end of a copied segment; raise OSError.

    Prometheus would repair it too, but counts that as a corruption, which notifies somebody.
    """
    content = segment.read_bytes()
    end = end_of_whole_records(content)
    if end < len(content):
        with segment.open("r+b") as stream:
            stream.truncate(end)


def end_of_whole_records(content: bytes) -> int:
    """Return the number of bytes up to the end of the last complete record."""
    at = end = 0
    while at + _HEADER <= len(content):
        page_end = (at // _PAGE + 1) * _PAGE
        kind = content[at] & _KIND
        if kind == _PADDING or at + _HEADER > page_end:
            # The rest of this page is empty.
            at = page_end
            continue
        at += _HEADER + int.from_bytes(content[at + 1 : at + 3], "big")
        if at > len(content):
            break
        if kind in (_FULL, _LAST):
            end = at
    return end
