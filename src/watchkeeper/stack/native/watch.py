"""Detect that a program of the stack has ended, and report it with the end of its log."""

from __future__ import annotations

from collections.abc import Callable, Collection

from watchkeeper.stack.native.program_logs import failure_report
from watchkeeper.stack.native.rpc import Unreachable
from watchkeeper.stack.native.supervisor import Supervisor
from watchkeeper.stack.stack_error import StackFailed

_ENDED = ("FATAL", "EXITED", "UNKNOWN")


def watching(supervisor: Supervisor, names: Collection[str]) -> Callable[[], None]:
    """Return a check that raises StackFailed when a program or supervisord itself has ended for good."""

    def check() -> None:
        try:
            programs = supervisor.programs()
        except Unreachable:
            raise StackFailed(failure_report("supervisord", supervisor.state, "has ended")) from None
        for name in names:
            if programs[name].state in _ENDED:
                raise StackFailed(failure_report(name, supervisor.state, "does not stay up"))

    return check
