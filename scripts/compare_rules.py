"""Play the rules of Sloth and Pyrra and ours for the same objective on the same requests: the table of docs/importing.md.

The objectives are examples of theirs. Sloth's module has the rules that its generator wrote for them. Pyrra's rules come
from its own packages, through the program `pyrra_rules.go`, which is built first: that takes minutes. Neither is
committed here. Ours are rendered from the import of the same examples: `watchkeeper import --compare` does the same.

    python -m scripts.compare_rules
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from scripts.import_examples import module_folder, problems
from scripts.rulebench.peer_programs import pyrra_program
from watchkeeper.cli.text.comparison_text import cells
from watchkeeper.comparing.courses import Course, pause, two_days
from watchkeeper.comparing.old_and_new import STACK, compare, read_groups
from watchkeeper.importing.import_files import import_files
from watchkeeper.pipeline import load_plan, render_files
from watchkeeper.toolchain import find
from watchkeeper.verify.promtool import syntax_errors

EXAMPLES = {"sloth": "getting-started.yml", "pyrra": "thanos-http.yaml"}
_HEAD = ("rules of", "what happens", "requests that fail", "by count", "theirs", "ours", "who is right")


def old_rules(tool: str, folder: Path, out: Path) -> Path:
    """Return the rules that a tool wrote for its example; raise RuntimeError where Pyrra's program cannot be built."""
    example = folder / "examples" / EXAMPLES[tool]
    if tool == "sloth":
        return example.parent / "_gen" / example.name
    done = subprocess.run([pyrra_program(), example], capture_output=True, text=True, check=True)
    (out / "pyrra.yml").write_text(done.stdout)
    return out / "pyrra.yml"


def rows(tool: str, folder: Path, out: Path, promtool: Path, courses: Sequence[Course]) -> Iterator[str]:
    """Yield the rows of a tool's example."""
    imported = import_files([folder / "examples" / EXAMPLES[tool]], tool, problems)
    spec = out / f"{tool}-spec.yml"
    spec.write_text(f"{imported.text}{STACK}")
    plan = load_plan(spec, syntax_errors)
    groups = read_groups([old_rules(tool, folder, out)])
    for one in compare(plan, render_files(plan), tool, groups, courses, promtool):
        if one.reason:
            raise RuntimeError(f"{one.slo_id}: {one.reason}")
        for course in one.found:
            yield from (f"| {' | '.join((tool, *row)).replace('|  |', '| |')} |" for row in cells(course))


def main() -> int:
    """Print the table."""
    tool = find("promtool")
    folders = {name: module_folder(name) for name in EXAMPLES}
    if tool is None or None in folders.values():
        print("the modules of Sloth and Pyrra or promtool are missing", file=sys.stderr)
        return 2
    print(f"| {' | '.join(_HEAD)} |\n|{' --- |' * len(_HEAD)}")
    with tempfile.TemporaryDirectory(prefix="compare-") as name:
        for peer, folder in folders.items():
            assert folder is not None
            for line in rows(peer, folder, Path(name), tool.path, (pause(), two_days())):
                print(line, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
