"""The parts of a page that many alerts share, rendered once for each set of values that they depend on."""

from __future__ import annotations

from collections.abc import Hashable

from watchkeeper.backends.runbooks.form import bundled
from watchkeeper.emit.markdown import Markdown
from watchkeeper.plan.plan import Plan, PlannedAlert, PlannedSlo
from watchkeeper.plan.runbook.impact import BurnRow, burn_rows
from watchkeeper.plan.runbook.notified import Mutings

Values = tuple[tuple[str, Hashable], ...]


class Pieces:
    """One render's parts. A thousand objectives have a few dozen different ones."""

    def __init__(self, plan: Plan) -> None:
        """Compile the templates."""
        self.mutings = Mutings(plan)
        self._templates = {
            name: bundled(f"{name}.md") for name in ("impact", "diagnosis", "mitigation", "notified")
        }
        self._made: dict[tuple[str, Values], Markdown] = {}
        self._rows: dict[Hashable, tuple[BurnRow, ...]] = {}

    def piece(self, name: str, values: Values) -> Markdown:
        """Return a part for these values, from one of the package's templates."""
        key = (name, values)
        if key not in self._made:
            self._made[key] = Markdown(self._templates[name].render(values).strip("\n"))
        return self._made[key]

    def burns(self, alert: PlannedAlert, slo: PlannedSlo) -> tuple[BurnRow, ...]:
        """Return the rows of an alert's tiers, which depend on the policy and not on names."""
        parameters = slo.parameters
        key = (
            alert.slo_kind,
            parameters.objective,
            parameters.window,
            parameters.base,
            slo.spec.alerting.policy,
        )
        if key not in self._rows:
            self._rows[key] = tuple(burn_rows(alert, slo))
        return self._rows[key]
