"""Import the example files of Sloth, Pyrra and OpenSLO, and print the table of docs/importing.md.

The files are taken from their Go modules, at the versions below, and are never committed:

    python -m scripts.import_examples
    python -m scripts.import_examples pyrra=FOLDER openslo=FOLDER     from clones of their repositories
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.rulebench.peer_programs import PYRRA, SLOTH
from watchkeeper.importing.import_files import Imported, import_files
from watchkeeper.pipeline import load_spec
from watchkeeper.spec.problem import Problem, SpecRejected
from watchkeeper.toolchain.building.go import find_go
from watchkeeper.verify.promtool import syntax_errors

MODULES = {
    "sloth": SLOTH,
    "pyrra": PYRRA,
    "openslo": "github.com/OpenSLO/OpenSLO@aa5cb78d7044bbd8ab4915ea0af0d988f4db8a59",
}
# The format and the patterns of each repository's examples. Sloth has two in OpenSLO's format.
_EXAMPLES = {
    "sloth": (("sloth", "examples/*.y*ml"), ("openslo", "examples/openslo-*.yml")),
    "pyrra": (("pyrra", "examples/*.yaml"), ("pyrra", "examples/kubernetes/manifests/slos/*.yaml"),
              ("pyrra", "examples/mimir/example-slo.yaml")),
    "openslo": (("openslo", "examples/**/*.yaml"),),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Example:
    """One file: whose it is, its path in the repository, and what became of it."""

    tool: str
    path: str
    outcome: Imported | SpecRejected


def examples(tool: str, folder: Path) -> Iterator[Example]:
    """Yield the example files of a repository, each imported by itself."""
    for form, pattern in _EXAMPLES[tool]:
        for path in sorted(folder.glob(pattern)):
            if form == "sloth" and path.name.startswith("openslo-"):
                continue
            try:
                outcome: Imported | SpecRejected = import_files([path], form, problems)
            except SpecRejected as rejected:
                outcome = rejected
            yield Example(tool, path.relative_to(folder).as_posix(), outcome)


def module_folder(tool: str) -> Path | None:
    """Return the folder of a tool's Go module, which is fetched first; None where it cannot be."""
    go = find_go()
    if go is None:
        return None
    command = [str(go.path), "mod", "download", "-json", MODULES[tool]]
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", timeout=120, check=False)
        return Path(json.loads(done.stdout)["Dir"])
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return None


def table(found: Sequence[Example]) -> Iterator[str]:
    """Yield the lines of the table: a row a tool, then a row for each file that is not whole."""
    yield "| examples of | files | objectives | imported | refused | fields changed | fields dropped |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for tool in dict.fromkeys(one.tool for one in found):
        own = [one for one in found if one.tool == tool]
        read = [one.outcome for one in own if isinstance(one.outcome, Imported)]
        kinds = Counter(change.kind for outcome in read for change in outcome.changes)
        defined, count = sum(one.defined for one in read), sum(one.count for one in read)
        yield (
            f"| {MODULES[tool].partition('@')[0]} | {len(own)} | {defined} | {count} | {defined - count} "
            f"| {kinds['changed']} | {kinds['dropped']} |"
        )
    yield ""
    yield "| file | objective | why it is not imported |"
    yield "| --- | --- | --- |"
    for one in found:
        yield from _refused(one)


def _refused(one: Example) -> Iterator[str]:
    name = f"{one.tool}: {one.path.removeprefix('examples/')}"
    if isinstance(one.outcome, SpecRejected):
        yield f"| {name} | | {one.outcome.problems[0].message} |"
        return
    for change in one.outcome.changes:
        if change.kind == "refused":
            text = change.text.replace("|", "\\|")
            yield f"| {name} | {change.objective} | `{change.field}` {text} |"


def problems(path: Path) -> Sequence[Problem]:
    try:
        return load_spec(path, syntax_errors)[1]
    except SpecRejected as rejected:
        return rejected.problems


def main() -> int:
    """Print the table of every repository that was named or could be fetched."""
    named = dict(word.partition("=")[::2] for word in sys.argv[1:])
    found: list[Example] = []
    for tool in MODULES:
        folder = Path(named[tool]) if tool in named else module_folder(tool)
        if folder is None:
            print(f"{tool}: {MODULES[tool]} cannot be fetched; name a clone: {tool}=FOLDER", file=sys.stderr)
        else:
            found += examples(tool, folder)
    print("\n".join(table(found)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
