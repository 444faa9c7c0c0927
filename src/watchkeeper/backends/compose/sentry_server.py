"""The local server for Sentry's protocol, which `watchkeeper up --with sentry` adds."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from watchkeeper.backends.compose.parts import SCRATCH, Service, confined, fetched, healthcheck, port
from watchkeeper.emit.yaml import Commented
from watchkeeper.model.stack import Limits
from watchkeeper.plan.plan import Plan

SENTRY_PROFILE: Final = "sentry"
SENTRY_PORT: Final = 8000
SENTRY_FOLDER: Final = "WATCHKEEPER_SENTRY_DIR"
SENTRY_USER: Final = "WATCHKEEPER_SENTRY_USER"
_DATA = "/data"


def sentry_server(plan: Plan) -> dict[str, Service]:
    """Return the server by its name in the network.

    Its settings and data are a folder of this machine, the same as without containers. So its password is in a file
    that only the user can read, and in no variable.
    """
    return {
        "sentry": {
            "profiles": Commented(
                [SENTRY_PROFILE], "`watchkeeper up --with sentry` prepares its folder before it starts."
            ),
            "image": f"${{SENTRY_IMAGE:-{plan.stack.images.sentry}}}",
            # The image's own settings are in its working folder, and would be found first.
            "working_dir": _DATA,
            "command": [
                "gunicorn",
                "bugsink.wsgi",
                f"--bind=0.0.0.0:{SENTRY_PORT}",
                Commented("--workers=1", "Its database has one writer."),
                "--threads=4",
                "--no-control-socket",
            ],
            "environment": {"PYTHONPATH": _DATA, "DJANGO_SETTINGS_MODULE": "bugsink_conf"},
            "ports": [port(plan.stack.ports.sentry, SENTRY_PORT)],
            "volumes": [f"${{{SENTRY_FOLDER}:-./.watchkeeper/data/sentry}}:{_DATA}:z"],
            "tmpfs": SCRATCH,
            "healthcheck": healthcheck(*fetched(f"http://127.0.0.1:{SENTRY_PORT}/health/ready")),
            **confined(f"${{{SENTRY_USER}:-65534:65534}}", pids=100, limits=Limits(Decimal(1), "512m")),
        }
    }
