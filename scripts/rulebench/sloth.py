"""Rules that Sloth itself writes for the same objectives: an error ratio from raw counters for each window, 30d as their mean.

Three groups an SLO: seven raw windows and the period, seven rules of metadata, a page and a ticket.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from .spec import loaded_groups
from .subject import OBJECTIVE, RuleGroup, Subject

PERIOD_DAYS = 30


def spec(subjects: Iterable[Subject]) -> str:
    """Return the SLOs in Sloth's format, which has a document for each service."""
    documents = [
        {"version": "prometheus/v1", "service": service, "slos": [_slo(one) for one in own]}
        for service, own in groupby(sorted(subjects, key=_service), key=_service)
    ]
    # Sloth looks for the version on a line of its own.
    return "---\n".join(yaml.safe_dump(document, sort_keys=False) for document in documents)


def _service(subject: Subject) -> str:
    return subject.service


def _slo(subject: Subject) -> dict[str, Any]:
    events = {
        "error_query": f"sum(rate({subject.bad}[{{{{.window}}}}]))",
        "total_query": f"sum(rate({subject.total}[{{{{.window}}}}]))",
    }
    return {
        "name": subject.slo,
        "objective": float(OBJECTIVE),
        "sli": {"events": events},
        "alerting": {"name": f"{subject.id}-burn"},
    }


def generated(
    program: Path, subjects: Sequence[Subject], folder: Path
) -> Mapping[str, tuple[RuleGroup, ...]]:
    """Return the groups of each SLO by its id; raise RuntimeError with Sloth's words if it refuses them."""
    asked, answered = folder / "sloth.yml", folder / "sloth-rules.yml"
    asked.write_text(spec(subjects))
    done = subprocess.run(
        [program, "generate", "-i", asked, "-o", answered], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"sloth generate ended with {done.returncode}: {done.stderr.strip()[-800:]}")
    groups = loaded_groups(answered)
    return {
        one.id: tuple(group for group in groups if group["name"].endswith(f"s-{one.id}")) for one in subjects
    }
