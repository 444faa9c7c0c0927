"""The argument that selects the running stack of a command."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watchkeeper.stack.state import State


def add_state(parser: argparse.ArgumentParser) -> None:
    """Add --state DIR."""
    parser.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        help="the folder with the running stack's data and logs"
        " (default: $WATCHKEEPER_STATE, else .watchkeeper above the spec's monitoring/)",
    )


def state_for(spec_path: Path, chosen: Path | None) -> State:
    """Return the state folder of a spec's stack; the spec need not be readable."""
    from watchkeeper.naming import root_of
    from watchkeeper.stack.state import state_of

    return state_of(root_of(spec_path), chosen=chosen)
