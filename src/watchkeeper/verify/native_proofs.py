"""Proofs on native histograms, which an old promtool cannot read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from watchkeeper.plan.plan import Plan, PlannedService, PlannedSlo
from watchkeeper.toolchain import Tool
from watchkeeper.toolchain.version import VersionRange
from watchkeeper.verify.proof_list import ProofFile, Unproven

# promtool 2 has no notation for native histograms, or evaluates them otherwise.
_READS_NATIVE = VersionRange((3,))


def readable(
    plan: Plan, files: Sequence[ProofFile], tool: Tool
) -> tuple[tuple[ProofFile, ...], tuple[Unproven, ...]]:
    """Return the files that this promtool can run, and the alerts that stay unproven without the others."""
    if _READS_NATIVE.accepts(tool.version):
        return tuple(files), ()
    native = list(_native(plan))
    owners = {slo.slo_id for _, slo in native}
    reason = f"native histograms need promtool 3 or newer, and this is {tool.version}"
    bare = (Unproven(service.name, alert.name, reason) for service, slo in native for alert in slo.alerts)
    return tuple(file for file in files if file.owner not in owners), tuple(bare)


def _native(plan: Plan) -> Iterator[tuple[PlannedService, PlannedSlo]]:
    for service in plan.services:
        for slo in service.slos:
            if any(one.kind == "native" for one in slo.proof.series):
                yield service, slo
