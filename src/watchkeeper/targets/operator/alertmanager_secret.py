"""Alertmanager's whole configuration as a Secret, which an Alertmanager object names as its `configSecret`.

AlertmanagerConfig objects are no alternative: by default the operator adds the matcher `namespace="…"` to their routes
and inhibitions, and an alert that is aggregated over a service has no namespace.
"""

from __future__ import annotations

import re
from dataclasses import replace

from watchkeeper import naming
from watchkeeper.backends import alertmanager
from watchkeeper.emit.yaml import scalar_line
from watchkeeper.plan.plan import Plan
from watchkeeper.targets.operator.kubernetes_object import StoredFiles, head, key_of, name_of

NAME = name_of("alertmanager")
RECEIVERS = name_of("receivers")
# Where the operator mounts this Secret, and those that an Alertmanager lists under `secrets`.
_CONFIG_MOUNT = "/etc/alertmanager/config"
_SECRETS_MOUNT = f"/etc/alertmanager/secrets/{RECEIVERS}"
_FILE_LINE = re.compile(r"^(\s*(?:- )?[a-z_]+_file: )(.+)$", re.MULTILINE)


def alertmanager_secret(plan: Plan) -> StoredFiles:
    """Return the Secret; like the configuration it contains only the paths of secrets."""
    # The operator of today knows no `name` of an inhibition, and refuses keys that it does not know.
    unnamed = tuple(replace(rule, name="") for rule in plan.routing.inhibitions)
    files = alertmanager.render(replace(plan, routing=replace(plan.routing, inhibitions=unnamed)))
    config = files[f"{naming.ALERTMANAGER}/alertmanager.yml"]
    config = config.replace("- templates/*.tmpl", f"- {_CONFIG_MOUNT}/*.tmpl")
    paths = {scalar_line(path): mounted(path) for path in plan.routing.secret_files}
    document = head("v1", "Secret", NAME, {})
    document["type"] = "Opaque"
    texts = {
        "alertmanager.yaml": _FILE_LINE.sub(lambda match: match[1] + paths.get(match[2], match[2]), config),
        "watchkeeper.tmpl": files[f"{naming.ALERTMANAGER}/templates/watchkeeper.tmpl"],
    }
    return StoredFiles(document, "stringData", texts)


def mounted(path: str) -> str:
    """Return where a container finds a secret file: a relative one is a key of the Secret of all receivers."""
    if path.startswith("/"):
        return path
    return f"{_SECRETS_MOUNT}/{key_of(path)}"
