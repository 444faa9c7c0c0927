"""Arguments that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path

DEFAULT_SPEC = Path("monitoring/SLO_DEFINITIONS.yml")


def add_spec(parser: argparse.ArgumentParser) -> None:
    """Add the positional SPEC."""
    parser.add_argument(
        "spec",
        nargs="?",
        type=Path,
        default=DEFAULT_SPEC,
        metavar="SPEC",
        help=f"the spec (default: {DEFAULT_SPEC})",
    )


def was_given(spec: Path) -> bool:
    """Return whether the user named the spec, and did not get the default."""
    return spec is not DEFAULT_SPEC


def add_out(parser: argparse.ArgumentParser) -> None:
    """Add --out ROOT."""
    parser.add_argument(
        "--out",
        type=Path,
        metavar="ROOT",
        help="the root folder of the rendered files (default: the folder above the spec's monitoring/)",
    )


def add_format(parser: argparse.ArgumentParser, *, default: str = "text") -> None:
    """Add --format."""
    parser.add_argument(
        "--format", choices=(default, "json"), default=default, help=f"the output format (default: {default})"
    )


def with_examples(parser: argparse.ArgumentParser, examples: str) -> None:
    """Show examples under the help."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "examples:\n" + examples
