"""`watchkeeper schema`: the JSON Schema of the spec."""

from __future__ import annotations

import argparse

from watchkeeper.cli.spec_argument import with_examples


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper schema > .vscode/watchkeeper.json\n"
        "then put this into the first line of the spec, for editors with a YAML language server:\n"
        "  # yaml-language-server: $schema=.vscode/watchkeeper.json\n",
    )


def run(args: argparse.Namespace) -> int:
    """Print the schema file of the package."""
    del args
    from importlib import resources

    print(resources.files("watchkeeper.spec").joinpath("schema.json").read_text(encoding="utf-8"), end="")
    return 0
