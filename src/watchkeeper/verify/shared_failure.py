"""A failure that files of one shape share, in the names of each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from watchkeeper.verify.proof_failure import FailedScenario, Miss
from watchkeeper.verify.proof_list import ProofFile

_NAME = re.compile(r"[\w./{}@+-]+")


def shared_failure(failure: FailedScenario, run: ProofFile, other: ProofFile) -> FailedScenario:
    """Return a failure of the file that was run as one of another file of its shape: the same lines, other names."""
    titles = {one.title: two.title for one, two in zip(run.scenarios, other.scenarios, strict=True)}
    names = _renamed(run, other)
    return replace(
        failure,
        title=titles.get(failure.title, other.owner),
        series=tuple((_said(text, names), values) for text, values in failure.series),
        misses=tuple(_miss(miss, names, run, other) for miss in failure.misses),
        words=failure.words.replace(run.rules, other.rules),
    )


def _miss(miss: Miss, names: Mapping[str, str], run: ProofFile, other: ProofFile) -> Miss:
    return replace(
        miss,
        expr=_said(miss.expr, names),
        wanted=_said(miss.wanted, names),
        got=_said(miss.got, names),
        rule=names.get(miss.rule, miss.rule),
        where=miss.where.replace(run.rules, other.rules),
    )


def _renamed(run: ProofFile, other: ProofFile) -> dict[str, str]:
    if run.names is None or other.names is None:
        return {}
    pairs = ((run.names.metrics, other.names.metrics), (run.names.values, other.names.values))
    found: dict[str, str] = {}
    for ours, theirs in pairs:
        back = {placeholder: name for name, placeholder in theirs.items()}
        found |= {name: back[placeholder] for name, placeholder in ours.items() if placeholder in back}
    return found


def _said(text: str, names: Mapping[str, str]) -> str:
    return _NAME.sub(lambda match: names.get(match[0], match[0]), text)
