"""All objects of the operator's target by their paths, with the kustomization that lists them."""

from __future__ import annotations

from watchkeeper.emit.yaml import Value
from watchkeeper.plan.plan import Plan
from watchkeeper.targets.operator.alertmanager_secret import NAME, alertmanager_secret
from watchkeeper.targets.operator.dashboards import dashboards
from watchkeeper.targets.operator.kubernetes_object import text_of, whole_spec
from watchkeeper.targets.operator.prometheus_rules import prometheus_rules
from watchkeeper.targets.operator.service_monitors import service_monitors
from watchkeeper.targets.placed_groups import placed_groups
from watchkeeper.targets.target_limits import too_large
from watchkeeper.targets.target_profile import OPERATOR

_REMEDY = "give fewer services, alerts and objectives receivers of their own"


def render(plan: Plan) -> dict[str, str]:
    """Return the files of the target; raise DoesNotFit for what the operator would refuse."""
    groups, pages, secret = list(placed_groups(plan)), list(dashboards(plan)), alertmanager_secret(plan)
    config = secret.stored(f"Secret {NAME}", whole_spec(plan), _REMEDY)
    too_large(groups, OPERATOR, (config, *(size for _, _, size in pages)))
    files = dict(prometheus_rules(plan, groups))
    files |= service_monitors(plan)
    files["alertmanager.yaml"] = secret.text(plan)
    files |= {path: page.text(plan) for path, page, _ in pages}
    return {"kustomization.yaml": _kustomization(files, plan), **files}


def _kustomization(files: dict[str, str], plan: Plan) -> str:
    document: dict[str, Value] = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": sorted(files),
    }
    return text_of(document, plan)
