"""The command line: one module for each command, one table here, one place where errors become exit codes.

Exit codes: 0 ok, 1 findings, 2 unusable input, 3 our bug, 130 interrupted, 141 the reader of our output left.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Sequence
from importlib import import_module

from watchkeeper import __version__

# Commands in the order of use; a module is imported when its command is chosen, so that --help stays instant.
COMMANDS = {
    "init": "write a commented ten-line spec",
    "import": "write a spec from the files of Sloth, Pyrra, OpenSLO or Nobl9, and list all that changes",
    "render": "render the spec into the files of the stack",
    "diff": "show what changes between two specs, or since a revision of git, in words",
    "check": "show how the files on disk differ from the spec",
    "verify": "check the rendered files with the real tools and prove every alert",
    "explain": "show when each alert fires, how much budget is spent by then, and whom it notifies",
    "cost": "show what the rules cost a Prometheus: series, samples, evaluations and disk, beside Sloth's shape",
    "preflight": "show what this machine lacks for the stack, before anything is started",
    "up": "start the stack, or update the running one",
    "status": "show error budgets, alerts, targets and notifications, live on a terminal",
    "gate": "say whether a pipeline may deploy now: exit 1 while an error budget is spent or burns",
    "doctor": "ask a running Prometheus whether it has the series that the rules read",
    "backtest": "show who would have been paged in the past of a running Prometheus, and which incidents had no page",
    "backfill": "write what the rules would have recorded in the past as blocks, so that budgets are right on the first day",
    "secrets": "check the secret files of the receivers, without showing them",
    "access": "add, remove and list the users of the stack's servers",
    "silence": "silence alerts for a time; matchers that no alert meets are refused",
    "export": "write objectives and golden signals over a period as CSV or JSON",
    "report": "write what was promised over a period and what was kept, as HTML, Markdown, JSON or CSV",
    "backup": "write metrics, silences, the log of notifications and traces to one file, or check such a file",
    "upgrade": "show what the next `up` of this release changes, what cannot be undone, and the way back",
    "restore": "put a backup in the place of the data of a stopped stack",
    "logs": "show the logs of the stack's programs",
    "down": "stop the stack",
    "drill": "inject a fault into the demo, wait for the page, remove the fault, and time each step",
    "tools": "show where each tool was found, and build the missing ones",
    "schema": "print the JSON Schema of the spec, for editors",
}
_RARELY = (100_000, 50, 50)
_DESCRIPTION = (
    "Monitoring as code that you can trust before the outage: one YAML file in, a proven stack out."
)
_EPILOG = """\
start here:
  watchkeeper init --service checkout     a spec of ten lines
  watchkeeper render                      rules, routes, dashboards, compose file
  watchkeeper up                          the stack, running

exit codes: 0 ok, 1 findings, 2 unusable input, 3 a bug in watchkeeper, 130 interrupted
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; no traceback reaches the user."""
    words = list(sys.argv[1:] if argv is None else argv)
    parser = _parser(words)
    args = parser.parse_args(words)
    if args.command is None:
        parser.print_help()
        return 2
    # A command builds one large set of values and ends, so frequent garbage collection finds nothing.
    gc.set_threshold(*_RARELY)
    try:
        code: int = import_module(f"watchkeeper.cli.{args.command}").run(args)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output left; Python must not report that while it exits.
        sys.stdout = None
        return 141
    except Exception as error:
        from watchkeeper.cli.error_report import explain

        return explain(error, args)
    return code


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="watchkeeper",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"watchkeeper {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    chosen = next((word for word in words if not word.startswith("-")), None)
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if name == chosen:
            import_module(f"watchkeeper.cli.{name}").configure(command)
    return parser
