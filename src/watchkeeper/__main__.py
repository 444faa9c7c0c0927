"""`python -m watchkeeper` is the same program as the `watchkeeper` command."""

from watchkeeper.cli import main

raise SystemExit(main())
