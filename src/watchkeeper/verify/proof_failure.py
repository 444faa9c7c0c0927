"""The report of a failing scenario: its title, what was wanted, and the line of the rule behind the result."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from watchkeeper.model.duration import Duration
from watchkeeper.verify.promtool import run
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
    """A scenario with results other than planned; without misses promtool could not run it, and `words` says why."""

    file: str
    title: str
    series: tuple[tuple[str, str], ...]
    misses: tuple[Miss, ...]
    words: str


def failed_scenarios(promtool: Path, file: ProofFile, root: Path) -> tuple[FailedScenario, ...]:
    """Run each scenario of a failing file by itself, and return those that fail."""
    try:
        text = (root / file.path).read_text(encoding="utf-8")
        document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
        tests = list(document["tests"])
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        return (FailedScenario(file.path, file.owner, (), (), f"the file cannot be read: {error}"),)
    document["rule_files"] = [str((root / file.rules).absolute())]
    return tuple(_each(promtool, file, root, document, tests))


def _each(
    promtool: Path,
    file: ProofFile,
    root: Path,
    document: dict[str, object],
    tests: Sequence[dict[str, object]],
) -> Iterator[FailedScenario]:
    with tempfile.TemporaryDirectory(prefix="watchkeeper-") as folder:
        path = Path(folder) / "scenario.yml"
        for test in tests:
            path.write_text(json.dumps({**document, "tests": [test]}), encoding="utf-8")
            outcome = run([str(promtool), "test", "rules", str(path)])
            if outcome.returncode != 0:
                yield _failed(file, root, test, outcome.stdout + outcome.stderr)


def _failed(file: ProofFile, root: Path, test: dict[str, object], output: str) -> FailedScenario:
    rules = (root / file.rules).read_text(encoding="utf-8", errors="replace").splitlines()
    misses = tuple(_misses(output, file.rules, rules))
    raw = test.get("input_series")
    series = tuple((str(one["series"]), str(one["values"])) for one in raw) if isinstance(raw, list) else ()
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    words = "" if misses else "; ".join(line for line in lines if line != "FAILED:")[:2000]
    return FailedScenario(file.path, str(test.get("name", "")), series, misses, words)


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
