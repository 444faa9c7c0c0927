"""The report of `verify` for programs: JSON, and JUnit XML for CI systems."""

from __future__ import annotations

import json
from dataclasses import asdict
from xml.etree import ElementTree as Xml

from watchkeeper.verify.report import ASPECTS, Report, Row


def show_json(report: Report) -> None:
    """Print the report as one JSON document."""
    proofs = report.proofs
    document = {
        "passed": report.passed,
        "checks": [asdict(outcome) for outcome in report.outcomes],
        "alerts": [_alert(row) for row in report.rows],
        "proofs": {
            "files": len(proofs.files),
            "scenarios": proofs.scenarios(),
            "scenarios_played": proofs.scenarios("played"),
            "scenarios_by_shape": proofs.scenarios("shape"),
            "alerts_by_shape": proofs.alerts_by_shape,
            "moments": proofs.checks,
            "from_cache": sum(result.source == "cache" for result in proofs.files),
            "failures": [asdict(failure) for failure in proofs.failures],
            "unproven": [asdict(one) for one in proofs.unproven],
        },
        "routing": [asdict(fault) for fault in report.routing],
    }
    print(json.dumps(document, indent=2))


def _alert(row: Row) -> dict[str, object]:
    columns: dict[str, object] = {aspect: getattr(row.proven, aspect) for aspect in ASPECTS}
    reach = {**asdict(row.reach), "right": row.reach.is_right} if row.reach is not None else {}
    named = {"service": row.proven.service, "alert": row.proven.alert}
    return {**named, **reach, **columns, "unproven": row.unproven, "assumes": list(row.assumed)}


def show_junit(report: Report) -> None:
    """Print the report as JUnit XML: suites for the checks, the proofs' scenarios and the routes."""
    root = Xml.Element("testsuites", name="watchkeeper verify")
    checks = Xml.SubElement(root, "testsuite", name="checks")
    for outcome in report.outcomes:
        case = Xml.SubElement(checks, "testcase", name=outcome.check, classname="checks")
        if outcome.verdict != "ok":
            kind = "failure" if outcome.verdict == "failed" else "skipped"
            Xml.SubElement(case, kind, message=legal(outcome.detail))
    scenarios = Xml.SubElement(root, "testsuite", name="scenarios")
    for result in report.proofs.files:
        failed = {failure.title: failure for failure in result.failures}
        for title in dict.fromkeys([scenario.title for scenario in result.file.scenarios] + list(failed)):
            case = Xml.SubElement(scenarios, "testcase", name=legal(title), classname=result.file.path)
            failure = failed.get(title)
            if failure is not None:
                lines = [f"{miss.where}: {miss.expr} at {miss.at} s: {miss.got}" for miss in failure.misses]
                Xml.SubElement(case, "failure", message=legal("; ".join(lines) or failure.words))
    routes = Xml.SubElement(root, "testsuite", name="routes")
    for row in report.rows:
        case = Xml.SubElement(routes, "testcase", name=row.proven.alert, classname=row.proven.service)
        if row.reach is None or not row.reach.is_right:
            receivers = ", ".join(row.reach.reached) if row.reach is not None else ""
            Xml.SubElement(case, "failure", message=legal(f"reaches {receivers or 'nobody'}"))
    for fault in report.routing:
        case = Xml.SubElement(routes, "testcase", name=legal(fault.where), classname="routing")
        Xml.SubElement(case, "failure", message=legal(str(fault)))
    for suite in root:
        suite.set("tests", str(len(suite)))
        suite.set("failures", str(len(suite.findall("testcase/failure"))))
        suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
    Xml.indent(root)
    print('<?xml version="1.0" encoding="UTF-8"?>')
    print(Xml.tostring(root, encoding="unicode"))


def legal(text: str) -> str:
    """Return the text without the characters that XML 1.0 does not allow."""
    return "".join(
        one if one in "\t\n\r" or " " <= one <= "\ud7ff" or "\ue000" <= one <= "\ufffd" else "?"
        for one in text
    )
