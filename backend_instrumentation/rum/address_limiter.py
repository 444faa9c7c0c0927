"""Limits what each address may send, and all addresses together, in bounded memory."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

MOST_ADDRESSES: Final = 10_000
_LONGEST_ADDRESS: Final = 45
_NETWORK_GROUPS: Final = 4
_GROUPS: Final = 8


class AddressLimiter:
    """Allows a burst, then a steady rate; the addresses that were quiet for longest are forgotten first.

    One number is kept for each address: when it may send again without using up its burst.
    """

    def __init__(
        self,
        *,
        per_second: float,
        burst: int,
        all_per_second: float,
        most: int = MOST_ADDRESSES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interval = 1 / per_second
        self._tolerance = (burst - 1) * self._interval
        self._all_interval = 1 / all_per_second
        self._all_due = 0.0
        self._most = most
        self._clock = clock
        self._due: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._due)

    def allows(self, address: str) -> bool:
        """Return whether an address may send now, and count it if so."""
        now, key = self._clock(), _network(address)
        due = max(self._due.get(key, now), now)
        all_due = max(self._all_due, now)
        # Together, the addresses may be one second ahead.
        if due - now > self._tolerance or all_due - now > 1:
            return False
        self._all_due = all_due + self._all_interval
        self._due[key] = due + self._interval
        self._due.move_to_end(key)
        if len(self._due) > self._most:
            self._due.popitem(last=False)
        return True


def _network(address: str) -> str:
    """Return an address, of IPv6 its network: one customer has all addresses of it. A proxy may give any text."""
    if ":" not in address:
        return address[:_LONGEST_ADDRESS]
    before, gap, after = address[:_LONGEST_ADDRESS].partition("::")
    groups = before.split(":")
    if gap and "." in after:
        # An address of IPv4, written as one of IPv6.
        return address[:_LONGEST_ADDRESS]
    if gap:
        # It stands for the groups of zeros that are missing: without them, one network would have many names.
        rest = after.split(":")
        groups += ["0"] * (_GROUPS - len(groups) - len(rest)) + rest
    return ":".join(groups[:_NETWORK_GROUPS])
