"""Two teams, two pagers: the real Alertmanager notifies the receivers that the spec names, and nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.paging import paging
from tests.unit.plan.test_routes_of_teams import SPEC
from watchkeeper.plan.inhibitions import inhibited_by, inhibits
from watchkeeper.plan.plan import Plan, PlannedAlert

pytestmark = pytest.mark.tools


def test_each_alert_reaches_the_receivers_that_the_spec_names(tmp_path: Path) -> None:
    with paging(tmp_path, SPEC.partition("\n")[2]) as running:
        every = [alert for service in running.plan.services for alert in service.all_alerts]
        # What mutes others comes after them: an alert that is muted from its beginning reaches nobody.
        for turn in (0, 1, 2):
            alerts = (alert for alert in every if _mutes(running.plan, alert) == turn)
            running.fire(*(f"{alert.service}/{alert.name}" for alert in alerts))
            running.settle()
        kinds = {receiver.name: receiver.integration.kind for receiver in running.receivers}
        for alert in every:
            promised = {"email" if kinds[one] == "email" else one for one in alert.receivers}
            assert running.receivers_of(alert) == promised, (alert.service, alert.name)


def _mutes(plan: Plan, alert: PlannedAlert) -> int:
    """Return 0 for an alert that mutes none, 2 for one that mutes and is not muted itself."""
    return (1 if inhibited_by(plan, alert) else 2) if inhibits(plan, alert) else 0
