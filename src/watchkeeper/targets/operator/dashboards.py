"""Dashboards as ConfigMaps with the label and the folder that Grafana's sidecar looks for."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper import naming
from watchkeeper.backends import grafana
from watchkeeper.plan.plan import Plan
from watchkeeper.targets.operator.kubernetes_object import head, name_of, text_of

_LABEL = {"grafana_dashboard": "1"}


def dashboards(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield the path and the text of each object."""
    for path, text in grafana.render(plan).items():
        if path.startswith(naming.DASHBOARDS):
            folder, _, page = path.removeprefix(f"{naming.DASHBOARDS}/").removesuffix(".json").partition("/")
            found = head(
                "v1",
                "ConfigMap",
                name_of("dashboard", folder, page),
                _LABEL,
                annotations={"grafana_folder": folder},
            )
            # Grafana's own file names: the sidecar writes all of them into one folder when it has no folder annotation.
            found["data"] = {f"{folder}-{page}.json": text}
            yield f"dashboards/{folder}/{page}.yaml", text_of(found, plan)
