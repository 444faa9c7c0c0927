"""Plans of small specs, and the objects under them, for the tests of this folder."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from tests.loading import load_plan
from watchkeeper.model.duration import Duration
from watchkeeper.plan.plan import Plan, PlannedService, PlannedSlo
from watchkeeper.plan.slo.base_window import BaseWindow
from watchkeeper.plan.slo.recordings import SloParameters
from watchkeeper.plan.slo.tiers import Tier

AVAILABILITY = "{availability: http}"


def plan_of(folder: Path, body: str) -> Plan:
    """Return the plan of a spec without its first line."""
    path = folder / "spec.yml"
    path.write_text(f"version: watchkeeper/v1\n{body}")
    return load_plan(path)


def service_of(
    folder: Path, *, sli: str = AVAILABILITY, slo: str = "", service: str = "", stack: str = "retention: 91d"
) -> PlannedService:
    """Return the one service `shop` with one objective `o`; `slo` and `service` hold further keys."""
    further = slo if "objective:" in slo else f"objective: 99.9%, {slo}"
    (found,) = plan_of(
        folder,
        f"service: shop\nsignals: [http, sandbox, ai]\n{service}\n"
        f"slos: [{{name: o, sli: {sli}, {further}}}]\nstack: {{{stack}}}\n",
    ).services
    return found


def slo_of(
    folder: Path, *, sli: str = AVAILABILITY, slo: str = "", service: str = "", stack: str = "retention: 91d"
) -> PlannedSlo:
    """Return its objective."""
    (found,) = service_of(folder, sli=sli, slo=slo, service=service, stack=stack).slos
    return found


def base(scrape: str = "15s", evaluation: str = "30s", window: str = "1m") -> BaseWindow:
    """Return a base window with these intervals."""
    scrape_, evaluation_, window_ = map(Duration.parse, (scrape, evaluation, window))
    return BaseWindow(scrape=scrape_, evaluation=evaluation_, window=window_)


def parameters(*tiers: Tier, objective: str = "0.999", window: str = "30d") -> SloParameters:
    """Return the parameters of an objective for which downtime is a gap."""
    return SloParameters("shop-o", Decimal(objective), Duration.parse(window), tiers, base(), None)
