"""`python -m backend_instrumentation.logmetrics`: asks the logs, or cleans them. Exit codes: 0 ok, 2 unusable input."""

from __future__ import annotations

import sys

from .log_commands import main

if __name__ == "__main__":
    sys.exit(main())
