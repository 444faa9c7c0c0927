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
# Who is paged from elsewhere needs another address: `runbook_base_url: https://runbooks.example.com`.
runbook_base_url: http://localhost:9190/runbooks
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
monitoring/RUNBOOK_TEMPLATE.md linguist-generated
monitoring/alertmanager/** linguist-generated
monitoring/grafana/** linguist-generated
monitoring/instrumentation/** linguist-generated
monitoring/jaeger/** linguist-generated
monitoring/native/** linguist-generated
monitoring/prometheus/** linguist-generated
monitoring/runbooks/** linguist-generated
"""

_ENVIRONMENT = """\
# Settings of docker-compose.monitoring.yml. Copy this file to .env, which git ignores, and set what differs on this
# machine. No secret belongs here: secrets are in files, and `watchkeeper secrets check` checks them.

# The group that may read the secret files, which have mode 0640. `watchkeeper up` uses your own.
#WATCHKEEPER_SECRETS_GID=1000
# Grafana's password file, if it is elsewhere.
#WATCHKEEPER_GRAFANA_PASSWORD_FILE=./monitoring/grafana/secrets/admin_password
# Alertmanager's folder, if it is elsewhere.
#WATCHKEEPER_ALERTMANAGER_DIR=./monitoring/alertmanager
# The folder of the local Sentry server, and to whom it belongs. `watchkeeper up --with sentry` sets both.
#WATCHKEEPER_SENTRY_DIR=./.watchkeeper/data/sentry
#WATCHKEEPER_SENTRY_USER=65534:65534

# Images of your own registry.
#PROMETHEUS_IMAGE=registry.example.com/prom/prometheus:v3.15.0
#ALERTMANAGER_IMAGE=registry.example.com/prom/alertmanager:v0.31.1
#JAEGER_IMAGE=registry.example.com/jaegertracing/jaeger:2.13.0
#GRAFANA_IMAGE=registry.example.com/grafana/grafana:12.4.2
#SENTRY_IMAGE=registry.example.com/bugsink/bugsink:2.6.2
# The runbooks' web server is Prometheus' busybox; an image without one needs another here.
#RUNBOOKS_IMAGE=registry.example.com/prom/prometheus:v3.15.0

# The demo's image, and where it reports errors. Whoever has a DSN can report errors too: keep it in .env.
#DEMO_IMAGE=registry.example.com/watchkeeper/demo:local
#SENTRY_DSN=
"""
_IGNORED = ".env\n"
# Files at the root, each with what happens where the user already has one.
_BESIDE = {
    ".gitattributes": (_ATTRIBUTES, "reviews show generated files unless it marks them"),
    ".gitignore": (_IGNORED, "make it ignore .env"),
    ".env.example": (_ENVIRONMENT, "docker-compose.monitoring.yml says which variables it reads"),
}


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
    """Write a commented spec, and the files beside it that git and Compose read, each unless there is one.

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
    for name, (text, otherwise) in _BESIDE.items():
        _write_beside(path, name, text, otherwise)
    say("next: watchkeeper render")
    return 0


def _write_beside(spec_path: Path, name: str, text: str, otherwise: str) -> None:
    from watchkeeper.cli.text.console import note, say
    from watchkeeper.pipeline import root_of

    # As the user would write it, without `..` in the middle.
    path = Path(
        os.path.normpath(
            spec_path.parent / os.path.relpath(root_of(spec_path), spec_path.absolute().parent) / name
        )
    )
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        there = path.read_text(encoding="utf-8", errors="replace").splitlines()
        if not {*text.splitlines()} <= {*there}:
            note(f"{path} already exists and is unchanged: {otherwise}")
    except OSError as error:
        note(f"{path}: {(error.strerror or str(error)).lower()}; {otherwise}")
    else:
        say(f"wrote {path}")
