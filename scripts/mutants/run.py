"""Try many mutants on all cores: a rule's mutants one after the other, different rules side by side."""

from __future__ import annotations

import queue
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

from scripts.mutants.mutant import Mutant
from scripts.mutants.proofs import Proof
from scripts.mutants.trial import Bench, Verdict


class Unproven(Exception):
    """The proofs fail before anything is changed."""


class Workshop:
    """As many benches as jobs; whoever has work takes a free one."""

    def __init__(self, benches: Sequence[Bench]) -> None:
        self._free: queue.SimpleQueue[Bench] = queue.SimpleQueue()
        self._jobs = len(benches)
        for bench in benches:
            self._free.put(bench)

    @contextmanager
    def bench(self) -> Iterator[Bench]:
        """Lend a bench."""
        bench = self._free.get()
        try:
            yield bench
        finally:
            self._free.put(bench)

    def in_parallel(self, work: Sequence[Callable[[], None]]) -> None:
        """Do all pieces of work; the first exception ends the waiting ones."""
        with ThreadPoolExecutor(self._jobs) as pool:
            pending = [pool.submit(piece) for piece in work]
            try:
                for one in pending:
                    one.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise


@contextmanager
def workshop(jobs: int, promtool: str, rules: dict[Path, str], proofs: Sequence[Proof]) -> Iterator[Workshop]:
    """Lend a workshop that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="watchkeeper-mutants-") as folder:
        yield Workshop([Bench(Path(folder, str(job)), promtool, rules, proofs) for job in range(jobs)])


def all_pass(shop: Workshop, proofs: Sequence[Proof]) -> None:
    """Raise Unproven unless every proof passes on the rules as they are."""

    def passes(proof: Proof) -> None:
        with shop.bench() as bench:
            said = bench.fails(proof)
        if said:
            raise Unproven(f"{proof.title}\n{said}")

    shop.in_parallel([lambda proof=proof: passes(proof) for proof in proofs])  # type: ignore[misc]


def tried(
    shop: Workshop, mutants: Sequence[Mutant], proofs: Sequence[Proof], report: Callable[[Verdict], None]
) -> list[Verdict]:
    """Return the verdicts in the order of the mutants; `report` is called with each as it comes."""
    verdicts: dict[str, Verdict] = {}

    def rule(mutants_of_rule: list[Mutant]) -> None:
        fitting = [proof for proof in proofs if _can_notice(proof, mutants_of_rule[0])]
        with shop.bench() as bench:
            for mutant in mutants_of_rule:
                verdicts[mutant.id] = bench.tried(mutant, fitting)
                report(verdicts[mutant.id])

    groups = [list(group) for _, group in groupby(mutants, key=lambda one: (one.path, one.rule))]
    shop.in_parallel([lambda group=group: rule(group) for group in groups])  # type: ignore[misc]
    return [verdicts[mutant.id] for mutant in mutants]


def _can_notice(proof: Proof, mutant: Mutant) -> bool:
    """Return whether a proof reads what the mutant changes: only its own checks read an alert."""
    return mutant.path in proof.rules and (not mutant.is_alert or f'"{mutant.rule}"' in proof.text)
