"""Play the rules of Sloth and Pyrra and ours for the same objective on the same requests: the table of docs/importing.md.

The objectives are examples of theirs. Sloth's module has the rules that its generator wrote for them. Pyrra's rules come
from its own packages, through the program `pyrra_rules.go`, which is built first: that takes minutes. Neither is
committed here. Ours are rendered from the import of the same examples. promtool plays all of them, a minute a step; the
requests of each minute are known, so that every figure can be counted.

    python -m scripts.compare_rules
    python -m scripts.compare_rules PROGRAM      with a `pyrra_rules` that was built before
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from scripts.compared_courses import DAY, HOUR, Course, pause, two_days
from scripts.import_examples import MODULES, module_folder, problems
from watchkeeper import naming
from watchkeeper.importing.import_files import import_files
from watchkeeper.pipeline import load_plan, render_files
from watchkeeper.toolchain import find
from watchkeeper.toolchain.building.go import find_go
from watchkeeper.verify.promtool import syntax_errors

_TILE = 300
_GOT = re.compile(r'\{[^{}]*probe="(\w+)"[^{}]*\} ([^\s,]+)')
_FIRING = 'ALERTS{{alertname="{}",alertstate="firing"{}}}'


@dataclass(frozen=True)
class Peer:
    """Whose rules are compared, for which example; what reads their page, their ticket and the budget that is left.

    `ours` are the names of the service and the objective after the import. `window` is in minutes. `series` has a place for
    the status code.
    """

    name: str
    example: str
    ours: tuple[str, str]
    budget: float
    window: int
    series: str
    page: str
    ticket: str
    left: str


SLOTH = Peer(
    name="sloth",
    example="getting-started.yml",
    ours=("myservice", "requests-availability"),
    budget=0.001,
    window=30 * DAY,
    series='http_request_duration_seconds_count{{job="myservice",code="{}"}}',
    page=_FIRING.format("MyServiceHighErrorRate", ',sloth_severity="page"'),
    ticket=_FIRING.format("MyServiceHighErrorRate", ',sloth_severity="ticket"'),
    left='slo:period_error_budget_remaining:ratio{sloth_id="myservice-requests-availability"}',
)
PYRRA = Peer(
    name="pyrra",
    example="thanos-http.yaml",
    ours=("thanos-query", "thanos-query"),
    budget=0.01,
    window=28 * DAY,
    series='http_requests_total{{job="thanos-query",handler="query",code="{}"}}',
    page=_FIRING.format("ErrorBudgetBurn", ',severity="critical"'),
    ticket=_FIRING.format("ErrorBudgetBurn", ',severity="warning"'),
    # What its own page divides; there is no rule for it. Between two evaluations promtool marks the series as gone.
    left='1 - sum(last_over_time(http_requests:increase4w{code=~"5.."}[10m]))'
    " / sum(last_over_time(http_requests:increase4w[10m])) / 0.01",
)


@dataclass(frozen=True)
class Rules:
    """A rule file with what to read of it."""

    path: Path
    groups: tuple[str, ...]
    page: str
    ticket: str
    left: str


def sloth_rules(folder: Path, out: Path) -> Rules:
    """Return what Sloth's generator wrote."""
    text = (folder / "examples" / "_gen" / SLOTH.example).read_text()
    return _rules(out / "sloth.yml", text, SLOTH.page, SLOTH.ticket, SLOTH.left)


def pyrra_rules(folder: Path, out: Path, program: Path) -> Rules:
    """Return what Pyrra's own packages make of the example."""
    example = folder / "examples" / PYRRA.example
    done = subprocess.run([program, example], capture_output=True, text=True, check=True)
    return _rules(out / "pyrra.yml", done.stdout, PYRRA.page, PYRRA.ticket, PYRRA.left)


def build_pyrra(folder: Path, out: Path) -> Path:
    """Build the program that prints Pyrra's rules, from its module; raise CalledProcessError."""
    module, _, version = MODULES["pyrra"].partition("@")
    out.mkdir()
    (out / "go.mod").write_text(f"module rules\n\ngo 1.24.0\n\nrequire {module} {version}\n")
    shutil.copyfile(folder / "go.sum", out / "go.sum")
    shutil.copyfile(Path(__file__).with_name("pyrra_rules.go"), out / "main.go")
    go = find_go()
    assert go is not None
    for command in (("mod", "tidy"), ("build", "-o", "pyrra_rules", ".")):
        subprocess.run([go.path, *command], cwd=out, check=True)
    return out / "pyrra_rules"


def our_rules(peer: Peer, folder: Path, out: Path) -> Rules:
    """Return ours for the import of the same example, at a scrape and an evaluation a minute."""
    imported = import_files([folder / "examples" / peer.example], peer.name, problems)
    stack = "stack: {scrape_interval: 1m, evaluation_interval: 1m}\n"
    spec = out / f"{peer.name}-spec.yml"
    spec.write_text(f"{imported.text}{stack}")
    service, slo = peer.ours
    text = render_files(load_plan(spec, syntax_errors))[naming.rules_path(service, slo)]
    page, ticket = (
        _FIRING.format(naming.slo_alert(service, slo, kind), "") for kind in ("FastBurn", "SlowBurn")
    )
    left = f'{naming.REMAINING}{{slo_id="{naming.slo_id(service, slo)}"}}'
    return _rules(out / f"ours-{peer.name}.yml", text, page, ticket, left)


def _rules(path: Path, text: str, page: str, ticket: str, left: str) -> Rules:
    groups = yaml.safe_load(text)["groups"]
    for group in groups:
        # promtool evaluates all groups alike: those with an interval of minutes get theirs back.
        if group.get("interval", "").startswith(("2m", "5m")):
            for rule in group["rules"]:
                if "record" in rule:
                    rule["expr"] = f"({rule['expr']}) and on () (vector(time()) % {_TILE} == 0)"
    path.write_text(json.dumps({"groups": groups}))
    return Rules(path, tuple(group["name"] for group in groups), page, ticket, left)


def played(rules: Rules, course: Course, series: str, promtool: Path) -> Mapping[str, float]:
    """Return what is read: `left`, and the minutes of the first and the last firing of each incident's alerts."""
    probes = {"left": (f"sum({rules.left})", course.length - 1)}
    starts = [at for _, at in course.incidents()]
    for number, ((span, at), later) in enumerate(
        zip(course.incidents(), [*starts[1:], course.length], strict=True)
    ):
        until = min(later, at + span.minutes + DAY) - 1
        for kind, fired in (("page", rules.page), ("ticket", rules.ticket)):
            over = f"(timestamp({fired}))[{until - at}m:1m]"
            for edge, function in (("first", "min"), ("last", "max")):
                probes[f"{kind}{number}{edge}"] = (f"min({function}_over_time({over})) / 60 - {at}", until)
    return _read(rules, course, series, probes, promtool)


def _read(
    rules: Rules, course: Course, series: str, probes: Mapping[str, tuple[str, int]], promtool: Path
) -> Mapping[str, float]:
    tests = [
        {
            "expr": f'label_replace({expr}, "probe", "{name}", "", "")',
            "eval_time": f"{at}m",
            "exp_samples": [],
        }
        for name, (expr, at) in probes.items()
    ]
    document = {
        "rule_files": [str(rules.path)],
        "evaluation_interval": "1m",
        "group_eval_order": list(rules.groups),
        "tests": [{"interval": "1m", "input_series": course.series(series), "promql_expr_test": tests}],
    }
    path = rules.path.with_suffix(".test.yml")
    path.write_text(json.dumps(document))
    # A failing expectation prints what was found.
    done = subprocess.run([promtool, "test", "rules", path], capture_output=True, text=True, check=False)
    output = done.stdout + done.stderr
    if "left" not in (found := {name: float(value) for name, value in _GOT.findall(output)}):
        raise RuntimeError(f"promtool played nothing: {output.strip()[-800:]}")
    return found


def rows(peer: Peer, course: Course, theirs: Mapping[str, float], ours: Mapping[str, float]) -> Iterator[str]:
    """Yield a row for each incident, and one for the budget at the end."""
    for number, (span, _) in enumerate(course.incidents()):
        cells = (_alerts(found, number) for found in (theirs, ours))
        counted = f"{span.minutes * span.failed:,} of {course.requests:,} requests"
        yield f"| {peer.name} | {span.name} | {counted} | {' | '.join(cells)} |"
    # Their figure is of what there is; ours counts the part of the window before it as healthy, at the same traffic.
    whole = course.ratio() / peer.budget
    wanted = " / ".join(map(_share, (1 - whole, 1 - whole * course.length / peer.window)))
    said = " | ".join(_share(found["left"]) for found in (theirs, ours))
    yield f"| {peer.name} | budget left at the end, of the time so far / of the whole window | {wanted} | {said} |"


def _share(ratio: float) -> str:
    return "NaN" if ratio != ratio else f"{ratio:.1%}"


def _alerts(found: Mapping[str, float], number: int) -> str:
    said = []
    for kind in ("page", "ticket"):
        first, last = (found.get(f"{kind}{number}{edge}") for edge in ("first", "last"))
        if first is not None and last is not None:
            said.append(f"{kind} from {_time(first)} to {_time(last)}")
    return ", ".join(said) or "none"


def _time(minutes: float) -> str:
    whole = round(minutes)
    return f"{whole} min" if whole < 2 * HOUR else f"{whole // HOUR} h {whole % HOUR} min"


def compared(
    peer: Peer, both: tuple[Rules, Rules], promtool: Path, courses: Sequence[Course]
) -> Iterator[str]:
    """Yield the rows of each course; `both` are theirs and ours."""
    for course in courses:
        theirs, ours = (played(rules, course, peer.series, promtool) for rules in both)
        yield from rows(peer, course, theirs, ours)


def main() -> int:
    """Print the table."""
    tool = find("promtool")
    folders = {name: module_folder(name) for name in ("sloth", "pyrra")}
    if tool is None or None in folders.values():
        print("the modules of Sloth and Pyrra or promtool are missing", file=sys.stderr)
        return 2
    print("| rules of | what happens | exact count | theirs | ours |\n| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory(prefix="compare-") as name:
        out = Path(name)
        for peer in (SLOTH, PYRRA):
            folder = folders[peer.name]
            assert folder is not None
            if peer is SLOTH:
                theirs = sloth_rules(folder, out)
            else:
                program = Path(sys.argv[1]) if len(sys.argv) > 1 else build_pyrra(folder, out / "build")
                theirs = pyrra_rules(folder, out, program)
            both = (theirs, our_rules(peer, folder, out))
            for line in compared(peer, both, tool.path, (pause(), two_days())):
                print(line, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
