"""Let the proofs loose on a mutant: a folder laid out like the repository, and promtool until the first failure."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from scripts.mutants.mutant import Mutant
from scripts.mutants.proofs import Proof

Fate = Literal["killed", "refused", "survived"]
_TIMEOUT_SECONDS = 180
# promtool is one of several at work; collecting garbage rarely makes it a third faster.
_ENVIRONMENT = {"GOMAXPROCS": "1", "GOGC": "400"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant, and which proof noticed."""

    mutant: Mutant
    fate: Fate
    proof: str = ""


class Bench:
    """A folder with the rules and every proof, for one mutant at a time."""

    def __init__(self, folder: Path, promtool: str, rules: dict[Path, str], proofs: Sequence[Proof]) -> None:
        self._folder, self._promtool, self._rules = folder, promtool, rules
        played = (one for proof in proofs for one in ((proof.path, proof.text), *proof.further))
        for path, text in (*rules.items(), *played):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")

    def fails(self, proof: Proof) -> str:
        """Return what promtool says when a proof fails, else nothing."""
        return self._ask("test", "rules", str(proof.path), *(str(path) for path, _ in proof.further))

    def tried(self, mutant: Mutant, proofs: list[Proof]) -> Verdict:
        """Run proofs until one fails; that one is first in the list afterwards, for the mutants next door."""
        place = self._folder / mutant.path
        place.write_text(mutant.text, encoding="utf-8")
        try:
            return self._verdict(mutant, proofs)
        finally:
            place.write_text(self._rules[mutant.path], encoding="utf-8")

    def _verdict(self, mutant: Mutant, proofs: list[Proof]) -> Verdict:
        for index, proof in enumerate(proofs):
            said = self.fails(proof)
            if not said:
                continue
            if "exp:" not in said and self._ask("check", "rules", "--lint=none", str(mutant.path)):
                return Verdict(mutant, "refused")
            proofs.insert(0, proofs.pop(index))
            return Verdict(mutant, "killed", proof.title)
        return Verdict(mutant, "survived")

    def _ask(self, *words: str) -> str:
        try:
            done = subprocess.run(
                [self._promtool, *words],
                cwd=self._folder,
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_SECONDS,
                check=False,
                env={**os.environ, **_ENVIRONMENT},
            )
        except subprocess.TimeoutExpired:
            return f"no answer within {_TIMEOUT_SECONDS} s"
        return "" if done.returncode == 0 else done.stdout + done.stderr or f"exit code {done.returncode}"
