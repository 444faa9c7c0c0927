"""Turn the error that stopped a command into sentences and an exit code."""

from __future__ import annotations

import argparse
import sys
import tempfile
import traceback

from watchkeeper import __version__
from watchkeeper.cli.text.console import error_line
from watchkeeper.cli.text.problems import show_problems


def explain(error: Exception, args: argparse.Namespace) -> int:
    """Report the error on standard error and return its exit code."""
    from watchkeeper.publish import PublishRefused
    from watchkeeper.spec.problem import SpecRejected
    from watchkeeper.stack.stack_error import StackError, StackFailed
    from watchkeeper.toolchain import ToolchainError

    if isinstance(error, SpecRejected):
        show_problems(error.problems, output_format=getattr(args, "format", "text"))
        return 2
    if isinstance(error, PublishRefused):
        for path, reason in error.reasons.items():
            error_line(f"{path}: {reason}")
        return 2
    if isinstance(error, ToolchainError | StackError):
        for line in str(error).splitlines():
            error_line(line)
        return 2
    if isinstance(error, StackFailed):
        error_line(str(error))
        return 1
    return _our_bug(error)


def _our_bug(error: Exception) -> int:
    with tempfile.NamedTemporaryFile(
        "w", prefix="watchkeeper-", suffix=".log", delete=False, encoding="utf-8"
    ) as log:
        log.write(
            f"watchkeeper {__version__}, Python {sys.version}\n\n{''.join(traceback.format_exception(error))}"
        )
    error_line(f"this is a bug in watchkeeper: {type(error).__name__}: {error}")
    error_line(f"please report it and attach {log.name}")
    return 3
