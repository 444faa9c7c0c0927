"""Starts the demo: `python -m examples.helloagents`, or `python /any/path/to/examples/helloagents`."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

if __package__:
    from .app import main

    sys.exit(main())

# Started by its path, the folder is no package yet: its parent makes it one.
sys.path[0] = str(Path(__file__).resolve().parents[1])
runpy.run_module(f"{Path(__file__).resolve().parent.name}.app", run_name="__main__", alter_sys=True)
