"""Which fault of the demo triggers which alert, and how to inject and remove it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from watchkeeper import naming
from watchkeeper.contract import HTTP_DURATION, HTTP_REQUESTS, METRIC_CONFLICTS
from watchkeeper.local_http import NoAnswer, request
from watchkeeper.model.alert import Alert
from watchkeeper.model.slo import Slo
from watchkeeper.plan.planned_alert import PlannedAlert

_SANDBOX_LATENCY = "sandbox_execution_duration_seconds"
_POOL = "sandbox_pool_available"
_EXECUTIONS = "sandbox_executions_total"
_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault in words, and the demo's switches for it; without switches the demo's process is stopped.

    `exposition` is what a stand-in exposes at the demo's address meanwhile, empty for none.
    """

    description: str
    switches: tuple[tuple[str, float | bool], ...] = ()
    exposition: str = ""

    @property
    def stops_the_process(self) -> bool:
        """Return whether the demo has to be stopped for it."""
        return not self.switches


_OTHER_METRICS = Fault(
    "an exporter without the demo's metrics takes its place",
    exposition=f'{METRIC_CONFLICTS}{{metric="{HTTP_REQUESTS}"}} 1\n',
)


class FaultError(Exception):
    """The demo did not accept a fault; the text is one line."""


def fault_for(alert: Alert) -> Fault | None:
    """Return the fault that triggers the alert, or None when the demo has no switch for it."""
    match alert.preset:
        case "service_down":
            return Fault("the demo's process is stopped")
        case "error_ratio":
            return Fault("every request of the API fails", (("error_ratio", 1.0),))
        case "saturation":
            return _saturation(alert)
        case "gauge_below" if alert.metric == _POOL:
            return Fault("the sandbox pool is empty", (("pool_empty", True),))
        case "latency_quantile":
            return _latency(alert)
        case "health_failing":
            return Fault("the demo's database answers no query", (("database_down", True),))
    return None


def fault_for_slo(slo: Slo, errors: Decimal) -> Fault | None:
    """Return the fault that makes the share `errors` of an objective's events bad, or None without one."""
    share = float(errors)
    match slo.sli.kind:
        case "availability":
            return Fault(f"{share:.0%} of the API's requests fail", (("error_ratio", share),))
        case "events" if slo.sli.total is not None and slo.sli.total.startswith(_EXECUTIONS):
            return Fault(f"{share:.0%} of the executions fail", (("sandbox_error_ratio", share),))
        case "latency" if slo.sli.family == "http" and errors == 1 and slo.sli.threshold is not None:
            seconds = float(slo.sli.threshold.seconds) * 1.5
            return Fault(f"every request takes {seconds:g} s longer", (("latency_seconds", seconds),))
    return None


def fault_of_metrics(alert: PlannedAlert) -> Fault | None:
    """Return the fault that triggers an alert on missing metrics or on taken names, None for other alerts."""
    is_about_metrics = alert.preset == "metric_conflict" or alert.slo_kind == naming.METRIC_MISSING
    return _OTHER_METRICS if is_about_metrics else None


def _latency(alert: Alert) -> Fault | None:
    seconds = float(alert.threshold or 0) * 1.5
    if alert.metric == HTTP_DURATION:
        return Fault(f"every request takes {seconds:g} s longer", (("latency_seconds", seconds),))
    if alert.metric == _SANDBOX_LATENCY:
        return Fault(f"every execution takes {seconds:g} s longer", (("sandbox_delay_seconds", seconds),))
    return None


def _saturation(alert: Alert) -> Fault | None:
    threshold = float(alert.threshold or 0)
    if alert.resource == "memory":
        share = min(0.95, threshold + 0.1)
        return Fault(f"the demo fills {share:.0%} of its memory", (("memory_ratio", share),))
    if alert.resource == "cpu":
        share = min(1.0, threshold + 0.2)
        return Fault(f"the demo burns {share:.0%} of its CPU", (("cpu_ratio", share),))
    return None


def inject_fault(demo: str, fault: Fault) -> None:
    """Inject the fault into the demo at that address; raise FaultError."""
    _send("POST", f"{demo}/faults", dict(fault.switches))


def remove_faults(demo: str) -> None:
    """Remove every fault of the demo; raise FaultError."""
    _send("DELETE", f"{demo}/faults", None)


def _send(method: str, url: str, document: object) -> None:
    try:
        answer = request(url, method=method, document=document, seconds=_SECONDS)
    except NoAnswer as error:
        raise FaultError(f"{method} {url}: {error}") from None
    if not answer.is_success:
        raise FaultError(f"{method} {url}: answers {answer.status} {answer.reason}")
