"""The addresses of the other servers and dashboards, for links that keep the time range."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from watchkeeper import naming
from watchkeeper.backends.grafana.panels import Link
from watchkeeper.model.stack import Stack

_TIME = "${__url_time_range}"
# Jaeger counts microseconds, Grafana's variables milliseconds.
_JAEGER_TIME = "start=${__from}000&end=${__to}000&lookback=custom"


@dataclass(frozen=True, slots=True)
class Addresses:
    """The servers of the stack as people reach them."""

    jaeger: str
    alertmanager: str

    def traces(self, service: str) -> str:
        """Return Jaeger's search for a service in the shown time range."""
        return f"{self.jaeger}/search?service={service}&{_JAEGER_TIME}"

    def slow_traces(self, service: str) -> Link:
        """Return the link of a value to the traces of the same minutes."""
        return Link("Traces of these minutes", self.traces(service))

    def alerts(self, filters: str = "") -> str:
        """Return Alertmanager's list of alerts, restricted by matchers such as `service="x"`."""
        # What Grafana fills in must stay readable to it.
        query = f"?filter={quote('{' + filters + '}', safe='${}_.-:')}" if filters else ""
        return f"{self.alertmanager}/#/alerts{query}"


def addresses_of(stack: Stack) -> Addresses:
    """Return the addresses of a stack."""
    host, ports = f"{stack.scheme}://{stack.external_host}", stack.ports
    return Addresses(f"{host}:{ports.jaeger}", f"{host}:{ports.alertmanager}")


def page(uid: str, variables: str = "") -> str:
    """Return the path of another dashboard in the same time range; `variables` such as `var-slo=x`."""
    return f"/d/{uid}?{variables + '&' if variables else ''}{_TIME}"


def runbook(base: str | None, service: str, alert: str) -> Link | None:
    """Return the link to an alert's runbook; None where the spec has no address of runbooks."""
    if base is None:
        return None
    return Link("Runbook", naming.runbook_url(base, service, alert))
