"""The command: choose mutants, try them, report the results; exit 1 when the proofs have a hole."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from scripts.mutants.accepted import accepted
from scripts.mutants.mutant import Mutant, mutants_of, sampled
from scripts.mutants.proofs import proofs_of
from scripts.mutants.report import Outcome, as_json, listing, text
from scripts.mutants.run import Unproven, all_pass, tried, workshop
from scripts.mutants.shapes import alike
from scripts.mutants.trial import Verdict
from watchkeeper import naming
from watchkeeper.pipeline import load_plan, render_proofs
from watchkeeper.toolchain import find
from watchkeeper.verify.promtool import syntax_errors

ROOT = Path(__file__).parents[2]
_NICE = 3


def rule_files(root: Path) -> dict[Path, str]:
    """Return the rendered rule files by their path under the root."""
    found = sorted((root / "monitoring" / "prometheus").glob("*/**/*.yml"))
    texts = {path.relative_to(root): path.read_text(encoding="utf-8") for path in found}
    # No proof reads the hash of the rules, and no alert either.
    texts.pop(Path(naming.SPEC_INFO_FILE), None)
    return texts


def proof_files(root: Path) -> dict[Path, str]:
    """Return the proofs of the spec under the root, each by a path below the root from which it finds its rules."""
    plan = load_plan(root / "monitoring" / "SLO_DEFINITIONS.yml", syntax_errors)
    rendered = render_proofs(plan, root="../..")
    return {Path("monitoring", "proofs", path): text for path, text in sorted(rendered.items())}


def chosen(mutants: Sequence[Mutant], only: Sequence[str], sample: int | None) -> list[Mutant]:
    """Return the mutants whose id or words fit a pattern; of these a sample."""
    fitting = [
        one
        for one in mutants
        if not only or any(fnmatchcase(one.id, f"*{p}*") or fnmatchcase(one.words, f"*{p}*") for p in only)
    ]
    return fitting if sample is None else sampled(fitting, sample)


class Counter:
    """One line that counts, on a terminal; elsewhere a line for each survivor."""

    def __init__(self, total: int) -> None:
        self._total, self._done, self._alive = total, 0, 0

    def __call__(self, verdict: Verdict) -> None:
        self._done += 1
        self._alive += verdict.fate == "survived"
        line = f"{self._done}/{self._total} mutants, {self._alive} alive: {verdict.mutant.id}"
        if sys.stderr.isatty():
            print(
                f"\r\x1b[2K{line[:100]}", end="\n" * (self._done == self._total), file=sys.stderr, flush=True
            )
        elif verdict.fate == "survived":
            print(line, file=sys.stderr, flush=True)


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line, parsed."""
    parser = argparse.ArgumentParser(prog="python -m scripts.mutants", description=__doc__)
    parser.add_argument(
        "--only", action="append", default=[], metavar="PATTERN", help="part of an id or words"
    )
    parser.add_argument(
        "--file", action="append", default=[], metavar="NAME", help="part of a rule file's path"
    )
    parser.add_argument("--sample", type=int, metavar="N", help="about so many, of every kind")
    parser.add_argument("--list", action="store_true", help="list the mutants and try none")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--root", type=Path, default=ROOT, help="the folder above the rendered monitoring/")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    args = arguments(words)
    rules = rule_files(args.root)
    wanted = [path for path in rules if not args.file or any(part in str(path) for part in args.file)]
    mutants = chosen(
        [one for path in wanted for one in mutants_of(path, rules[path])], args.only, args.sample
    )
    if args.list:
        print(listing([(one.place, one.words, one.id) for one in mutants]))
        return 0
    tool = find("promtool")
    if tool is None or not mutants:
        print(
            "error: promtool is missing: watchkeeper tools" if mutants else "error: no such mutant",
            file=sys.stderr,
        )
        return 2
    os.nice(_NICE)
    proofs = [proof for proof in proofs_of(proof_files(args.root)) if set(wanted) & set(proof.rules)]
    with workshop(args.jobs, str(tool.path), rules, proofs) as shop:
        try:
            all_pass(shop, proofs)
        except Unproven as failure:
            print(f"error: a proof fails before anything is changed: {failure}", file=sys.stderr)
            return 2
        outcome = Outcome(tuple(tried(shop, mutants, proofs, Counter(len(mutants)))), accepted())
    print(as_json(outcome) if args.json else text(outcome))
    shared = alike(args.root, rules, mutants)
    for one in shared:
        print(
            f"error: {one.place}: {one.words}: it would share the proof of the rules as they are",
            file=sys.stderr,
        )
    return 0 if outcome.is_good and not shared else 1


if __name__ == "__main__":
    sys.exit(main())
