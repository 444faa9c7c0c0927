"""`watchkeeper init`: a spec to start from."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from watchkeeper.cli.spec_argument import with_examples

_TEMPLATE = """\
# What "healthy" means for {service}. Edit this file, then run: watchkeeper render
version: watchkeeper/v1
service: {service}
team: my-team
targets: ["localhost:8000"]          # where Prometheus finds the service's /metrics
signals: [http, system]              # the metrics that it emits; `watchkeeper schema` lists all
slos:
  - {{name: availability, objective: 99.5%, window: 30d, sli: {{availability: http}}}}
alerts:
  - {{preset: service_down, for: 2m, severity: critical}}
  - {{preset: error_ratio, above: 5%, for: 5m, severity: critical}}
notify:                              # secrets are in files under monitoring/alertmanager/, never here
  receivers:
    slack: {{webhook_file: secrets/slack_webhook, channel: "#alerts"}}
  routes: {{critical: [slack], warning: [slack], info: [slack]}}
"""

_ATTRIBUTES = """\
# Files that watchkeeper renders: a review collapses them.
docker-compose.monitoring.yml linguist-generated
monitoring/.watchkeeper-manifest.json linguist-generated
monitoring/alertmanager/** linguist-generated
monitoring/grafana/** linguist-generated
monitoring/instrumentation/** linguist-generated
monitoring/jaeger/** linguist-generated
monitoring/native/** linguist-generated
monitoring/prometheus/** linguist-generated
monitoring/runbooks/** linguist-generated
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the command to its parser."""
    with_examples(
        parser,
        "  watchkeeper init --service checkout    write monitoring/SLO_DEFINITIONS.yml for checkout\n"
        "  watchkeeper init --out team.yml        write another file\n",
    )
    parser.add_argument(
        "--service", default="my-service", metavar="NAME", help="the service's name (default: my-service)"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("monitoring/SLO_DEFINITIONS.yml"), metavar="FILE",
        help="the file to write (default: monitoring/SLO_DEFINITIONS.yml)",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Run the command with parsed arguments and return its exit code."""
    return init(args.out, service=args.service)


def init(path: Path, *, service: str) -> int:
    """Write a commented spec, and git's attributes unless there are some.

    Return 2 when the name is invalid, or the file exists or cannot be written.
    """
    from watchkeeper.cli.text.console import error_line, say
    from watchkeeper.spec.formats import Malformed, service_name

    try:
        service_name(service)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as stream:
            stream.write(_TEMPLATE.format(service=service))
    except Malformed as wrong:
        error_line(f"--service: {wrong.message}; {wrong.remedy}")
        return 2
    except FileExistsError:
        error_line(f"{path} already exists; remove it, or choose another file with --out")
        return 2
    except OSError as error:
        error_line(f"{path}: {(error.strerror or str(error)).lower()}")
        return 2
    say(f"wrote {path}")
    _write_attributes(path)
    say("next: watchkeeper render")
    return 0


def _write_attributes(spec_path: Path) -> None:
    from watchkeeper.cli.text.console import note, say
    from watchkeeper.pipeline import root_of

    path = (
        spec_path.parent / os.path.relpath(root_of(spec_path), spec_path.absolute().parent) / ".gitattributes"
    )
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(_ATTRIBUTES)
    except FileExistsError:
        note(f"{path} already exists and is unchanged: reviews show generated files unless it marks them")
    except OSError as error:
        note(f"{path}: {(error.strerror or str(error)).lower()}; reviews will show generated files")
    else:
        say(f"wrote {path}")
