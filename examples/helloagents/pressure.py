"""Puts the demo's process under real memory and CPU pressure, bounded by the limits that it declares."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from pathlib import Path
from typing import Final

from backend_instrumentation.process.limits import cpu_limit_cores, memory_limit_bytes

from .faults import FaultSwitches

_PERIOD_SECONDS: Final = 0.1
_CHUNK: Final = 4 * 1024 * 1024
_BLOCK: Final = bytes(64 * 1024)


class Pressure:
    """Fills memory and burns CPU in its own thread for as long as the faults require it."""

    def __init__(self, faults: FaultSwitches) -> None:
        self._faults = faults
        self._ballast: list[bytearray] = []
        self._thread: threading.Thread | None = None

    def adjust(self) -> None:
        """Start the thread when a fault requires pressure; it ends by itself."""
        if self._wanted() and (self._thread is None or not self._thread.is_alive()):
            self._thread = threading.Thread(target=self._press, name="pressure", daemon=True)
            self._thread.start()

    def _wanted(self) -> bool:
        return self._faults.now.memory_ratio > 0 or self._faults.now.cpu_ratio > 0 or bool(self._ballast)

    def _press(self) -> None:
        while self._wanted():
            started = time.perf_counter()
            self._fill(self._faults.now.memory_ratio)
            busy = min(1.0, self._faults.now.cpu_ratio * cpu_limit_cores()) * _PERIOD_SECONDS
            # CPU time, not time passed: on a busy machine the share is reached too.
            used = time.thread_time()
            while time.thread_time() - used < busy:
                hashlib.sha256(_BLOCK).digest()
            time.sleep(max(0.001, _PERIOD_SECONDS - (time.perf_counter() - started)))

    def _fill(self, ratio: float) -> None:
        if ratio <= 0:
            self._ballast.clear()
            return
        missing = ratio * memory_limit_bytes() - _resident_bytes()
        if missing > _CHUNK:
            self._ballast.append(bytearray(b"\x01") * _CHUNK)  # written, so that it is resident
        elif missing < -_CHUNK and self._ballast:
            self._ballast.pop()


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
