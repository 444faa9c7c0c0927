"""Dashboards as ConfigMaps with the label and the folder that Grafana's sidecar looks for."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper import naming
from watchkeeper.backends import grafana
from watchkeeper.plan.plan import Plan
from watchkeeper.targets.operator.kubernetes_object import StoredFiles, head, name_of, whole_spec
from watchkeeper.targets.target_limits import Stored

_LABEL = {"grafana_dashboard": "1"}
_REMEDY = "divide the service: its dashboards show all of its objectives"


def dashboards(plan: Plan) -> Iterator[tuple[str, StoredFiles, Stored]]:
    """Yield the path, the object and the size of each."""
    places = {service.name: service.spec.where for service in plan.services}
    for path, text in grafana.render(plan).items():
        if path.startswith(naming.DASHBOARDS):
            folder, _, page = path.removeprefix(f"{naming.DASHBOARDS}/").removesuffix(".json").partition("/")
            name = name_of("dashboard", folder, page)
            found = head("v1", "ConfigMap", name, _LABEL, annotations={"grafana_folder": folder})
            # Grafana's own file names: the sidecar writes all of them into one folder when it has no folder annotation.
            one = StoredFiles(found, "data", {f"{folder}-{page}.json": text})
            where = places.get(folder, whole_spec(plan))
            yield f"dashboards/{folder}/{page}.yaml", one, one.stored(f"ConfigMap {name}", where, _REMEDY)
