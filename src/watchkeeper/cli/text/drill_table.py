"""The outcome of the drill of every alert: a table for people, JSON and JUnit XML for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from xml.etree import ElementTree as Xml

from watchkeeper.cli.text.table import Painter, columns
from watchkeeper.drill.every.course import Course
from watchkeeper.drill.every.run_every import EveryOutcome

_HEADER = ("ALERT", "OUTCOME", "FIRES", "PREDICTED", "NOTIFIED", "RESOLVED", "TOLD SO", "RECEIVERS")


def table_lines(outcome: EveryOutcome, paint: Painter) -> Iterator[str]:
    """Yield the table, then what was wrong, what was not drilled, and the sum.

    FIRES and NOTIFIED are seconds since the fault, RESOLVED and TOLD SO since it was removed.
    """
    rows = [_row(course) for course in outcome.courses]
    yield from columns(_HEADER, rows, paint, ["green" if one.passed else "red" for one in outcome.courses])
    for course in outcome.courses:
        if course.muted_by:
            later = "notified when that was over" if course.notified else "so nobody was notified"
            yield f"{course.trial.alert.name}: muted by {', '.join(course.muted_by)}, {later}"
    for course in outcome.courses:
        for words in course.wrong or () if course.is_done else ("not finished",):
            yield f"{paint('WRONG', 'red')}: {course.trial.alert.name}: {words}"
    for one in outcome.not_drilled:
        yield f"not drilled: {one.alert.name}: {one.reason}"
    if outcome.broken:
        yield f"{paint('WRONG', 'red')}: {outcome.broken}"
    good, total = sum(one.passed for one in outcome.courses), len(outcome.courses)
    verdict = "passed" if outcome.passed else "FAILED"
    skipped = f", {len(outcome.not_drilled)} not drilled" if outcome.not_drilled else ""
    yield f"{verdict}: {good} of {total} alerts{skipped}, in {outcome.seconds:.0f} s"


def _row(course: Course) -> tuple[str, ...]:
    trial = course.trial
    return (
        trial.alert.name,
        "ok" if course.passed else "WRONG",
        _seconds(course.firing),
        f"{trial.due:.0f} ± {trial.allowed:.0f} s",
        _seconds(max(course.notified.values(), default=None)),
        _seconds(course.resolved, course.healed),
        _seconds(max(course.resolved_notified.values(), default=None), course.healed),
        ", ".join(target.label for target in trial.targets),
    )


def _seconds(seconds: float | None, since: float | None = 0.0) -> str:
    return "-" if seconds is None or since is None else f"{seconds - since:.0f} s"


def json_text(outcome: EveryOutcome) -> str:
    """Return the outcome as one JSON document; moments are seconds since the alert's fault."""
    document = {
        "passed": outcome.passed,
        "seconds": round(outcome.seconds, 1),
        "broken": outcome.broken,
        "alerts": [_facts(course) for course in outcome.courses],
        "not_drilled": [
            {"alert": one.alert.name, "service": one.alert.service, "reason": one.reason}
            for one in outcome.not_drilled
        ],
    }
    return json.dumps(document, indent=2)


def _facts(course: Course) -> dict[str, object]:
    trial = course.trial
    return {
        "alert": trial.alert.name,
        "service": trial.alert.service,
        "severity": trial.alert.severity,
        "fault": trial.fault.description,
        "passed": course.passed,
        "wrong": course.wrong,
        "muted_by": list(course.muted_by),
        "predicted": round(trial.due, 1),
        "allowed": round(trial.allowed, 1),
        "pending": course.pending,
        "firing": course.firing,
        "notified": course.notified,
        "fault_removed": course.healed,
        "resolved": course.resolved,
        "resolved_notified": course.resolved_notified,
    }


def junit_text(outcome: EveryOutcome, legal: Callable[[str], str]) -> str:
    """Return the outcome as JUnit XML, one test case an alert; `legal` removes what XML does not allow."""
    root = Xml.Element("testsuites", name="watchkeeper drill")
    suite = Xml.SubElement(root, "testsuite", name="alerts", time=f"{outcome.seconds:.1f}")
    for course in outcome.courses:
        alert = course.trial.alert
        took = f"{course.ended or 0.0:.1f}"
        case = Xml.SubElement(suite, "testcase", name=alert.name, classname=alert.service, time=took)
        if not course.passed:
            words = "; ".join(course.wrong) or outcome.broken or "not finished"
            Xml.SubElement(case, "failure", message=legal(words))
    for one in outcome.not_drilled:
        case = Xml.SubElement(suite, "testcase", name=one.alert.name, classname=one.alert.service)
        Xml.SubElement(case, "skipped", message=legal(one.reason))
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
    Xml.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Xml.tostring(root, encoding="unicode")}'
