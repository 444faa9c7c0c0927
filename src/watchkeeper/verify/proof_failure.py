"""The report of a failing scenario: its title, what was wanted, and the line of the rule behind the result."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from watchkeeper.model.duration import Duration
from watchkeeper.verify.promtool import run
from watchkeeper.verify.proof_cache import discard, written
from watchkeeper.verify.proof_list import ProofFile, ProofScenario

_EXPECTATION = re.compile(
    r'expr: ("(?:[^"\\]|\\.)*"), time: ([0-9a-z.]+),\s*(?:exp: ?(.*?)\s*got: ?(.*?)(?=\n\s*expr:|\Z)|err: (.*))',
    re.DOTALL,
)
_ALERT = re.compile(r'alertname="([^"]+)"')
_RECORD = re.compile(r"\b(slo:[a-z_]+:[a-z0-9_]+)")


@dataclass(frozen=True, slots=True)
class Miss:
    """One expectation that was not met. `rule` is the alert or series that it is about, with its place in the file."""

    expr: str
    at: int
    wanted: str
    got: str
    rule: str
    where: str


@dataclass(frozen=True, slots=True)
class FailedScenario:
    """A scenario with results other than planned; without misses promtool could not run it, and `words` says why.

    `file` is the proof as promtool ran it.
    """

    file: str
    title: str
    series: tuple[tuple[str, str], ...]
    misses: tuple[Miss, ...]
    words: str


def failed_scenarios(
    promtool: Path, file: ProofFile, root: Path, shown: Path, text: str
) -> tuple[FailedScenario, ...]:
    """Run each scenario of a failing file by itself, and return those that fail; `shown` is where a reader finds it."""
    document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    found = []
    for test in document["tests"]:
        single = json.dumps({**document, "tests": [test]})
        with written(single, file.path.rpartition("/")[2]) as path:
            outcome = run([str(promtool), "test", "rules", str(path)])
            discard(path)
        if outcome.returncode != 0:
            found.append(_failed(file, root, shown, test, outcome.stdout + outcome.stderr))
    return tuple(found)


def whole_failure(file: ProofFile, shown: str, words: str) -> FailedScenario:
    """Return the failure of a whole file."""
    return FailedScenario(shown, file.owner, (), (), words)


def _failed(file: ProofFile, root: Path, shown: Path, test: dict[str, object], output: str) -> FailedScenario:
    rules = (root / file.rules).read_text(encoding="utf-8", errors="replace").splitlines()
    misses = tuple(_misses(output, file.rules, rules))
    raw = test.get("input_series")
    series = tuple((str(one["series"]), str(one["values"])) for one in raw) if isinstance(raw, list) else ()
    return FailedScenario(
        str(shown), str(test.get("name", "")), series, misses, "" if misses else said(output, root)
    )


def said(output: str, root: Path) -> str:
    """Return promtool's words on one line, with published files by their paths below the root."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    words = "; ".join(line for line in lines if line != "FAILED:")
    return words.replace(f"{root.absolute()}/", "")[:2000]


def _misses(output: str, path: str, rules: Sequence[str]) -> Iterator[Miss]:
    for expr, at, wanted, got, error in _EXPECTATION.findall(output):
        text = str(json.loads(expr))
        name = next((match[1] for pattern in (_ALERT, _RECORD) if (match := pattern.search(text))), "")
        yield Miss(text, _seconds(at), _shown(wanted), _shown(got or error), name, _line(name, path, rules))


def _seconds(text: str) -> int:
    try:
        return int(Duration.parse(text).seconds)
    except ValueError:
        return 0


def _shown(text: str) -> str:
    return " ".join(text.split()) or "nothing"


def _line(name: str, path: str, rules: Sequence[str]) -> str:
    for number, line in enumerate(rules, 1):
        if line.strip() in (f"- alert: {name}", f"- record: {name}"):
            return f"{path}:{number}"
    return path


def blamed(failure: FailedScenario, scenario: ProofScenario | None) -> set[tuple[str, str]]:
    """Return the alerts and aspects that a failure contradicts; all of the scenario's where it could not be run."""
    if scenario is None:
        return set()
    if not failure.misses:
        return {(check.alert, check.aspect) for check in scenario.alerts}
    failed = {(miss.rule, miss.at) for miss in failure.misses}
    return {(check.alert, check.aspect) for check in scenario.alerts if (check.alert, check.at) in failed}
