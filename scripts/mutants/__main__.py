"""The command: choose mutants, try them, report the results; exit 1 when the proofs have a hole."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from scripts.mutants.accepted import Accepted, accepted, reason_for
from scripts.mutants.clocks import clock_proofs
from scripts.mutants.mutant import Mutant, mutants_of, sampled
from scripts.mutants.proofs import proofs_of
from scripts.mutants.report import Outcome, as_json, listing, text
from scripts.mutants.routing.run import EQUIVALENT, Site
from scripts.mutants.routing.run import mutants_of as mutants_of_routing
from scripts.mutants.routing.run import sites as sites_of
from scripts.mutants.routing.run import tried as tried_routing
from scripts.mutants.run import Unproven, all_pass, tried, workshop
from scripts.mutants.shapes import alike
from scripts.mutants.trial import Verdict
from watchkeeper import naming
from watchkeeper.pipeline import load_plan, render_files, render_proofs
from watchkeeper.plan.plan import Plan
from watchkeeper.toolchain import find
from watchkeeper.verify.promtool import syntax_errors

ROOT = Path(__file__).parents[2]
# Further specs, of what the bundled one has none of: each is <name>.yml here, and <name>_equivalent.yml has the mutants
# of it that are the same.
SPECS = ("windows", "labels")
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
    plan = _plan(root)
    rendered = render_proofs(plan, root="../..")
    return {Path("monitoring", "proofs", path): text for path, text in sorted(rendered.items())}


def _plan(root: Path) -> Plan:
    return load_plan(root / "monitoring" / "SLO_DEFINITIONS.yml", syntax_errors)


def chosen(mutants: Sequence[Mutant], only: Sequence[str], sample: int | None) -> list[Mutant]:
    """Return the mutants whose id or words fit a pattern; of these a sample."""
    fitting = [
        one
        for one in mutants
        if not only or any(fnmatchcase(one.id, f"*{p}*") or fnmatchcase(one.words, f"*{p}*") for p in only)
    ]
    return fitting if sample is None else sampled(fitting, sample)


class Counter:
    """One line that counts, on a terminal; elsewhere a line for each survivor without a reason."""

    def __init__(self, total: int, known: Sequence[Accepted]) -> None:
        self._total, self._known, self._done, self._alive = total, known, 0, 0

    def __call__(self, verdict: Verdict) -> None:
        self._done += 1
        is_hole = verdict.fate == "survived" and not reason_for(verdict.mutant, self._known)
        self._alive += is_hole
        line = f"{self._done}/{self._total} mutants, {self._alive} alive: {verdict.mutant.id}"
        if sys.stderr.isatty():
            print(
                f"\r\x1b[2K{line[:100]}", end="\n" * (self._done == self._total), file=sys.stderr, flush=True
            )
        elif is_hole:
            print(line, file=sys.stderr, flush=True)


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line, parsed."""
    parser = argparse.ArgumentParser(prog="python -m scripts.mutants", description=__doc__)
    parser.add_argument(
        "--only", action="append", default=[], metavar="PATTERN", help="part of an id or words"
    )
    parser.add_argument("--file", action="append", default=[], metavar="NAME", help="part of a file's path")
    parser.add_argument("--sample", type=int, metavar="N", help="about so many, of every kind")
    parser.add_argument("--rules", action="store_true", help="change the rules only")
    parser.add_argument("--routing", action="store_true", help="change alertmanager.yml only (a few minutes)")
    parser.add_argument("--list", action="store_true", help="list the mutants and try none")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument(
        "--spec",
        choices=SPECS,
        help="another spec: calendar and maintenance windows, or objectives by a label",
    )
    parser.add_argument("--root", type=Path, default=ROOT, help="the folder above the rendered monitoring/")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    args = arguments(words)
    if args.spec is None:
        return tried_all(args)
    with tempfile.TemporaryDirectory(prefix=f"watchkeeper-{args.spec}-") as folder:
        args.root = rendered(args.spec, Path(folder))
        return tried_all(args)


def listed(spec: str) -> Path:
    """Return the list of mutants of a further spec that are the same."""
    return Path(__file__).with_name(f"{spec}_equivalent.yml")


def rendered(spec: str, root: Path) -> Path:
    """Render a further spec below a folder, and return it."""
    path = root / "monitoring" / "SLO_DEFINITIONS.yml"
    path.parent.mkdir(parents=True)
    path.write_text(Path(__file__).with_name(f"{spec}.yml").read_text(encoding="utf-8"), encoding="utf-8")
    for name, content in render_files(_plan(root)).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, encoding="utf-8")
    return root


def tried_all(args: argparse.Namespace) -> int:
    """Choose mutants, try them and return the exit code."""
    files, sites = rule_files(args.root), sites_of(args.root / "monitoring" / "SLO_DEFINITIONS.yml")
    # The stack's own alerts are those of the bundled spec.
    paths = [
        path for path in files if args.spec is None or path != Path(naming.alerts_path(naming.OWN_SERVICE))
    ]
    of_rules = [] if args.routing else [one for path in paths for one in mutants_of(path, files[path])]
    of_routing = [] if args.rules else [one for site in sites for one in mutants_of_routing(site)]
    in_files = [
        one
        for one in (*of_rules, *of_routing)
        if not args.file or any(part in str(one.path) for part in args.file)
    ]
    mutants = chosen(in_files, args.only, args.sample)
    if args.list:
        print(listing([(one.place, one.words, one.id) for one in mutants]))
        return 0
    missing = [name for name in ("promtool", "alertmanager") if find(name) is None]
    if missing or not mutants:
        reason = f"{missing[0]} is missing: watchkeeper tools" if missing else "no such mutant"
        print(f"error: {reason}", file=sys.stderr)
        return 2
    os.nice(_NICE)
    try:
        return judged(args, files, sites, mutants)
    except Unproven as failure:
        print(f"error: a proof fails before anything is changed: {failure}", file=sys.stderr)
        return 2


def judged(
    args: argparse.Namespace, files: dict[Path, str], sites: Sequence[Site], mutants: Sequence[Mutant]
) -> int:
    """Try the mutants, print the results and return the exit code."""
    known = (*accepted(), *accepted(EQUIVALENT), *(one for spec in SPECS for one in accepted(listed(spec))))
    count = Counter(len(mutants), known)
    of_rules = [one for one in mutants if one.path in files]
    verdicts = [
        *(tried_rules(args, files, of_rules, count) if of_rules else ()),
        *tried_routing(sites, [one for one in mutants if one.path not in files], args.jobs, count),
    ]
    outcome = Outcome(tuple(verdicts), known)
    print(as_json(outcome) if args.json else text(outcome))
    shared = alike(args.root, files, of_rules)
    for one in shared:
        print(
            f"error: {one.place}: {one.words}: it would share the proof of the rules as they are",
            file=sys.stderr,
        )
    return 0 if outcome.is_good and not shared else 1


def tried_rules(
    args: argparse.Namespace, files: dict[Path, str], mutants: Sequence[Mutant], count: Counter
) -> list[Verdict]:
    """Return the verdicts of the proofs that read a changed file; raise Unproven."""
    tool, changed = find("promtool"), {one.path for one in mutants}
    assert tool is not None
    every = (*clock_proofs(_plan(args.root)), *proofs_of(proof_files(args.root)))
    proofs = [proof for proof in every if changed & set(proof.rules)]
    with workshop(args.jobs, str(tool.path), files, proofs) as shop:
        all_pass(shop, proofs)
        return tried(shop, mutants, proofs, count)


if __name__ == "__main__":
    sys.exit(main())
