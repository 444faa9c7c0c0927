"""Another wall clock for one running process, without changing that of the machine.

Go programs are static, so no preloaded library reaches them. They read the clock from the page of code that the kernel
maps into each process (vDSO). Its function is overwritten in this process alone: it asks the kernel, and adds seconds.
The monotonic clock stays as it is, as with a clock that somebody sets.
"""

from __future__ import annotations

import contextlib
import os
import platform
import signal
import struct
import time
from collections.abc import Iterator
from pathlib import Path

_SYMBOL = b"__vdso_clock_gettime"
# mov eax, 228; syscall; test edi, edi; jne +7; add qword [rsi], SECONDS; ret
_BEFORE, _AFTER = bytes.fromhex("b8e40000000f0585ff7507488106"), b"\xc3"
_SYMBOLS, _ENTRY = 11, 24


def usable() -> bool:
    """Return whether the machine's processor is the one whose code is written here."""
    return platform.machine() == "x86_64"


def shift(pid: int, seconds: int) -> None:
    """Let the process see a wall clock that many seconds ahead, or behind; raise OSError."""
    start, end = _mapping(pid)
    with _stopped_outside(pid, start, end), Path(f"/proc/{pid}/mem").open("r+b", buffering=0) as memory:
        memory.seek(start)
        image = memory.read(end - start)
        memory.seek(start + _offset(image))
        memory.write(_BEFORE + struct.pack("<i", seconds) + _AFTER)


def _mapping(pid: int) -> tuple[int, int]:
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        if line.endswith("[vdso]"):
            start, _, end = line.split()[0].partition("-")
            return int(start, 16), int(end, 16)
    raise OSError(f"process {pid} has no vDSO")


def _offset(image: bytes) -> int:
    """Return where the function begins in the page: the ELF file's symbol of that name."""
    table = struct.unpack_from("<Q", image, 0x28)[0]
    size, count = struct.unpack_from("<HH", image, 0x3A)
    sections = [struct.unpack_from("<IIQQQQII", image, table + size * index) for index in range(count)]
    symbols = next(section for section in sections if section[1] == _SYMBOLS)
    names = sections[symbols[6]][4]
    for at in range(symbols[4], symbols[4] + symbols[5], _ENTRY):
        name, _, _, _, value, _ = struct.unpack_from("<IBBHQQ", image, at)
        if image[names + name : image.index(b"\0", names + name)] == _SYMBOL:
            return int(value)
    raise OSError("the vDSO has no clock")


@contextlib.contextmanager
def _stopped_outside(pid: int, start: int, end: int) -> Iterator[None]:
    """Stop the process at a moment at which none of its threads is inside the page."""
    for _ in range(100):
        os.kill(pid, signal.SIGSTOP)
        try:
            _await_stop(pid)
            if not any(start <= counter < end for counter in _counters(pid)):
                yield
                return
        finally:
            os.kill(pid, signal.SIGCONT)
        time.sleep(0.01)
    raise OSError(f"a thread of process {pid} always reads the clock")


def _await_stop(pid: int) -> None:
    deadline = time.monotonic() + 5
    for task in Path(f"/proc/{pid}/task").iterdir():
        while (task / "stat").read_text().rpartition(") ")[2][0] not in "TtZ":
            if time.monotonic() > deadline:
                raise OSError(f"process {pid} does not stop")
            time.sleep(0.001)


def _counters(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        yield int((task / "syscall").read_text().split()[-1], 16)
