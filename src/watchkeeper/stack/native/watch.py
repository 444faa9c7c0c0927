"""Notice that a process of the stack died, and tell which one and what it said last."""

from __future__ import annotations

from collections.abc import Callable, Collection

from watchkeeper.stack.native.program_logs import died
from watchkeeper.stack.native.rpc import Unreachable
from watchkeeper.stack.native.supervisor import Supervisor
from watchkeeper.stack.stack_error import StackFailed

_GIVEN_UP = ("FATAL", "EXITED", "UNKNOWN")


def watching(supervisor: Supervisor, names: Collection[str]) -> Callable[[], None]:
    """Return a check that raises StackFailed when one of the programs, or supervisord itself, is gone for good."""

    def check() -> None:
        try:
            programs = supervisor.programs()
        except Unreachable:
            raise StackFailed(died("supervisord", supervisor.state, "is gone")) from None
        for name in names:
            if programs[name].state in _GIVEN_UP:
                raise StackFailed(died(name, supervisor.state, "does not stay up"))

    return check
