"""A value that is read again in the background, but only while somebody asks for it."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Generic, TypeVar

from watchkeeper.local_http import NoAnswer

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """The last value; a server that hangs delays no page, and two readers cause one reading."""

    def __init__(
        self, read: Callable[[], Value], *, every: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Read with a function, at most every so many seconds; nothing is read yet."""
        self._read = read
        self._every = every
        self._clock = clock
        self._lock = threading.Lock()
        self._idle = threading.Event()
        self._idle.set()
        self._value: Value | None = None
        self._problem = ""
        self._tried = self._read_at = float("-inf")

    def get(self, patience: float) -> tuple[Value | None, str]:
        """Return the last value and why a newer one cannot be had.

        Begins a reading when it is due, and waits for it at most `patience` seconds where the value is old.
        """
        with self._lock:
            if self._idle.is_set() and self._clock() - self._tried >= self._every:
                self._idle.clear()
                self._tried = self._clock()
                threading.Thread(target=self._run, daemon=True).start()
        if self._clock() - self._read_at > 2 * self._every:
            self._idle.wait(patience)
        return self._value, self._problem

    def _run(self) -> None:
        try:
            self._value = self._read()
            self._read_at, self._problem = self._clock(), ""
        except NoAnswer as error:
            self._problem = str(error)
        except Exception as error:
            # The page must stay: the program's log says more.
            traceback.print_exc(file=sys.stderr)
            self._problem = f"cannot be read ({type(error).__name__})"
        finally:
            self._idle.set()
