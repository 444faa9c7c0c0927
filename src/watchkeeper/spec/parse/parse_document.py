"""Build one Spec from all documents."""

from __future__ import annotations

from collections.abc import Iterable

from watchkeeper.model.duration import Duration
from watchkeeper.model.notify import Notify
from watchkeeper.model.service import Service
from watchkeeper.model.spec import Spec
from watchkeeper.model.stack import Stack
from watchkeeper.spec.document.cursor import Cursor, Reading
from watchkeeper.spec.parse.parse_correction import parse_corrections
from watchkeeper.spec.parse.parse_maintenance import parse_maintenance
from watchkeeper.spec.parse.parse_notify import parse_notify
from watchkeeper.spec.parse.parse_service import SERVICE_KEYS, SHARED, parse_service
from watchkeeper.spec.parse.parse_stack import parse_stack
from watchkeeper.spec.text_files import text_file

_ROOT_ONLY = ("notify", "stack", "runbook_template", "maintenance", "corrections")
_LEAST_RETENTION = Duration.parse("31d")


def parse(readings: list[Reading]) -> Spec:
    """Return the model of the valid parts; problems are added to their reading."""
    roots = [Cursor(reading, reading.document.root) for reading in readings]
    services = tuple(
        service for index, root in enumerate(roots) for service in _services(root, is_root=index == 0)
    )
    notify, stack = Notify(), None
    if roots[0].has("notify"):
        notify = parse_notify(roots[0].go("notify"))
    if roots[0].has("stack"):
        stack = parse_stack(roots[0].go("stack"), default_retention=_longest(services))
    for root in roots[1:]:
        for key in _ROOT_ONLY:
            if root.node.child(key) is not None:
                root.report(
                    "WK011",
                    f"`{key}` is not allowed in an included file",
                    "move it to the root file",
                    key=key,
                )
    return Spec(
        source=readings[0].document.file,
        services=services,
        notify=notify,
        stack=stack or Stack(retention=_longest(services)),
        runbook_template=text_file(roots[0], "runbook_template"),
        maintenance=parse_maintenance(roots[0]),
        corrections=parse_corrections(roots[0]),
    )


def _services(root: Cursor, *, is_root: bool) -> Iterable[Service]:
    keys = root.names()
    if "services" in keys:
        for key in keys:
            if key in SERVICE_KEYS and key not in SHARED:
                remedy = "move it to the entry of `services:` that it belongs to"
                root.report("WK111", f"`{key}` is not allowed together with `services:`", remedy, key=key)
        for entry in root.each("services", even_broken=True):
            yield parse_service(entry, shared=root)
        return
    if "service" in keys:
        yield parse_service(root, shared=None)
        return
    if not (is_root and "include" in keys):
        root.report("WK102", "the file names no service", "add `service: NAME`, or `services:` for several")


def _longest(services: Iterable[Service]) -> Duration:
    needed = (slo.needed_retention for service in services for slo in service.slos)
    return max((_LEAST_RETENTION, *needed))
