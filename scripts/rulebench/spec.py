"""The benchmark's own specs, and our rules as `watchkeeper render` writes them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from .subject import EVERY_SERVICE, OBJECTIVE, RuleGroup, Subject

WATCHKEEPER = Path(sys.executable).with_name("watchkeeper")
_RETENTION = "91d"


def availability(name: str, window: str = "30d") -> dict[str, Any]:
    """Return an SLO of the spec on the service's own requests."""
    return {"name": name, "objective": f"{OBJECTIVE}%", "window": window, "sli": {"availability": "http"}}


def over_every_service(name: str) -> dict[str, Any]:
    """Return an SLO of the spec on the requests of every service that is scraped."""
    counter = "http_requests_total"
    events = {
        "bad": f'{counter}{{{EVERY_SERVICE},status_code=~"5.."}}',
        "total": f"{counter}{{{EVERY_SERVICE}}}",
    }
    sli = {"events": events, "downtime": "bad"}
    return {"name": name, "objective": f"{OBJECTIVE}%", "window": "30d", "sli": sli}


def write_spec(path: Path, slos: dict[str, list[dict[str, Any]]]) -> None:
    """Write a spec with these SLOs of each service; JSON is YAML."""
    services = [
        {"service": service, "targets": [f"{service}:8000"], "slos": own} for service, own in slos.items()
    ]
    spec = {"version": "watchkeeper/v1", "stack": {"retention": _RETENTION}, "services": services}
    path.write_text(json.dumps(spec, indent=1))


def render(spec: Path, out: Path) -> None:
    """Render a spec as its users do; exit with its words if it is refused."""
    done = subprocess.run(
        [WATCHKEEPER, "render", spec, "--out", out], check=False, capture_output=True, text=True
    )
    if done.returncode != 0:
        sys.exit(f"watchkeeper render ended with {done.returncode}: {done.stderr.strip()[-800:]}")


def rendered_groups(out: Path, subject: Subject) -> tuple[RuleGroup, ...]:
    """Return the groups of an SLO's rendered rule file."""
    return loaded_groups(out / "monitoring/prometheus/rules" / subject.service / f"{subject.slo}.yml")


def loaded_groups(path: Path) -> tuple[RuleGroup, ...]:
    """Return the groups of a rule file, whose documents may be several."""
    with path.open() as text:
        documents = yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        return tuple(group for document in documents for group in document["groups"])
