"""The web server of the published runbooks, so that the addresses in alerts open."""

from __future__ import annotations

from decimal import Decimal

from watchkeeper import naming
from watchkeeper.backends.compose.parts import SCRATCH, Service, confined, folder, healthcheck, port
from watchkeeper.emit.yaml import Commented
from watchkeeper.model.stack import Limits
from watchkeeper.plan.plan import Plan

_NOBODY = "65534:65534"
_PORT = 8080
# Without a type of their own, browsers would save the pages instead of showing them.
_SETTINGS = "I:README.md\\n.md:text/plain;charset=utf-8\\n"
_START = f"printf '{_SETTINGS}' > /tmp/httpd.conf; exec httpd -f -p {_PORT} -h /www -c /tmp/httpd.conf"


def runbook_server(plan: Plan) -> dict[str, Service]:
    """Return the server by its name in the network; none where no alert has a runbook, or where it would need users.

    busybox knows neither bcrypt nor TLS, so with `stack.access` the runbooks are not served, and the spec is warned.
    """
    if not plan.serves_runbooks:
        return {}
    return {
        "runbooks": {
            "image": Commented(
                f"${{RUNBOOKS_IMAGE:-${{PROMETHEUS_IMAGE:-{plan.stack.images.prometheus}}}}}",
                "Any image with busybox, whose web server this is: the runbooks need no image of their own.",
            ),
            "entrypoint": ["/bin/sh", "-c", _START],
            "ports": [port(plan.stack.ports.front_page, _PORT)],
            "volumes": [folder(f"./{naming.RUNBOOKS}", "/www/runbooks")],
            "tmpfs": SCRATCH,
            "healthcheck": healthcheck("wget", "-q", "-O", "-", f"http://127.0.0.1:{_PORT}/runbooks/"),
            **confined(_NOBODY, pids=50, limits=Limits(Decimal("0.1"), "32m")),
        }
    }
