"""Whether an executable runs without any library, as an image built FROM scratch requires."""

from __future__ import annotations

import struct
from pathlib import Path

_PT_INTERP = 3
# Header fields by word size: where e_phoff, e_phentsize and e_phnum are, and the format of e_phoff.
_LAYOUT = {1: (28, 42, "I"), 2: (32, 54, "Q")}


def is_static(path: Path) -> bool:
    """Return whether the file is an ELF executable without a dynamic loader; False for anything else."""
    try:
        with path.open("rb") as file:
            header = file.read(64)
            if header[:4] != b"\x7fELF" or len(header) < 64 or header[4] not in _LAYOUT:
                return False
            order = ">" if header[5] == 2 else "<"
            offset_at, sizes_at, offset_format = _LAYOUT[header[4]]
            (offset,) = struct.unpack_from(order + offset_format, header, offset_at)
            size, count = struct.unpack_from(order + "HH", header, sizes_at)
            file.seek(offset)
            table = file.read(size * count)
    except OSError:
        return False
    # A truncated file is no executable, whatever the rest of its table says.
    if not count or size < 4 or len(table) != size * count:
        return False
    return all(
        struct.unpack_from(order + "I", table, size * index)[0] != _PT_INTERP for index in range(count)
    )
