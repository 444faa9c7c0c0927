"""Starts the demo: `python -m examples.helloagents`, or `python /any/path/to/examples/helloagents`."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

if __package__:
    from .app import main

    sys.exit(main())

# When started by its path, the folder becomes a package once its parent is on sys.path.
sys.path[0] = str(Path(__file__).resolve().parents[1])
runpy.run_module(f"{Path(__file__).resolve().parent.name}.app", run_name="__main__", alter_sys=True)
