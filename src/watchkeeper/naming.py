"""The names of files, alerts, receivers and dashboards that outputs share; metric names come from the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Final

COMPOSE_FILE: Final = "docker-compose.monitoring.yml"
# Files that are being written end in it, until they are renamed into place.
TEMPORARY_SUFFIX: Final = ".wk-tmp"
PROMETHEUS: Final = "monitoring/prometheus"
ALERTMANAGER: Final = "monitoring/alertmanager"
# The usual folder of secrets: it has a rendered page, and its .gitignore hides the rest.
SECRETS: Final = f"{ALERTMANAGER}/secrets"
# Prometheus and its container have this folder anyway; the others mount it.
ACCESS: Final = f"{PROMETHEUS}/access"
SCRAPE_SECRETS: Final = f"{PROMETHEUS}/secrets"
# `backup` writes a rule file there, which is of one machine and not rendered.
LAST_BACKUP: Final = f"{PROMETHEUS}/last_backup"
LAST_BACKUP_TIME: Final = "watchkeeper_last_backup_timestamp_seconds"
# Where its container mounts Alertmanager's folder.
ALERTMANAGER_MOUNT: Final = "/etc/alertmanager"
PROMETHEUS_MOUNT: Final = "/etc/prometheus"
GRAFANA_PASSWORD: Final = "monitoring/grafana/secrets/admin_password"  # noqa: S105 -- a path
# A folder for each target, with a list of its own.
TARGETS: Final = "monitoring/targets"
TARGET_NAMES: Final = ("operator", "mimir", "thanos", "vmalert")
PROOF_PAGES: Final = "monitoring/proofs"
# In the folder of HTML pages, whose other folders have the names of services.
SITE_PROOFS: Final = "_proofs"
RUNBOOKS: Final = "monitoring/runbooks"
RUNBOOK_INDEX: Final = f"{RUNBOOKS}/README.md"
# The bundled form of the runbooks, for a team that wants its own.
RUNBOOK_FORM: Final = "monitoring/RUNBOOK_TEMPLATE.md"
DASHBOARDS: Final = "monitoring/grafana/dashboards"
# The folder of the dashboards of all services; no service can have this name.
SHARED_DASHBOARDS: Final = "watchkeeper"
# Dashboards of a service are in a folder of its name, and Grafana refuses a second one of this name.
GRAFANA_ROOT_FOLDER: Final = "general"
FLEET_UID: Final = "watchkeeper-all-objectives"
API_UID: Final = "watchkeeper-api-performance"
SANDBOX_UID: Final = "watchkeeper-sandbox-metrics"
OVERVIEW_PAGE: Final = "overview"
SLO_PAGE: Final = "slo"
API_PAGE: Final = "api-performance"
SANDBOX_PAGE: Final = "sandbox-metrics"
_UID_PREFIXES: Final = {
    OVERVIEW_PAGE: "wk-svc-",
    SLO_PAGE: "wk-slo-",
    API_PAGE: "wk-api-",
    SANDBOX_PAGE: "wk-box-",
}
# Grafana allows 40 characters, seven of which are the prefix.
_LONGEST_PAGE_ID: Final = 33
# The whole of a longer name, as a regular expression: its first 20 and its last 12 characters.
LONG_PAGE_ID: Final = "(.{20}).{2,}(.{12})"
FALLBACK_RECEIVER: Final = "unrouted"

# The labels of a drill's alert: the receiver that it is for, and which drill it belongs to.
DRILL_ALERT: Final = "WatchkeeperDrill"
DRILL_LABEL: Final = "watchkeeper_drill"
DRILL_ID_LABEL: Final = "watchkeeper_drill_id"

FAST_BURN: Final = "FastBurn"
SLOW_BURN: Final = "SlowBurn"
BUDGET_EXHAUSTED: Final = "BudgetExhausted"
BUDGET_EXHAUSTED_SOON: Final = "BudgetExhaustedSoon"
# With a percentage between the two: BudgetBelow25Percent.
BUDGET_BELOW: Final = ("BudgetBelow", "Percent")
METRIC_MISSING: Final = "MetricMissing"
IDLE: Final = "Idle"

# The stack as a service: its alerts about itself. No service of a spec may have this name.
OWN_SERVICE: Final = "watchkeeper"
WATCHDOG: Final = "Watchdog"
WATCHDOG_KIND: Final = "watchdog"
WATCHDOG_RECEIVER: Final = "watchdog"
DRILL_OVERDUE: Final = "ReceiverDrillOverdue"
BACKUP_OVERDUE: Final = "BackupOverdue"
# How long Alertmanager knows what it sent: a notification that is older is sent again.
ALERTMANAGER_RETENTION: Final = "120h"
SPEC_INFO: Final = "watchkeeper_spec_info"
# No service has an underscore in its name.
SPEC_INFO_FILE: Final = f"{PROMETHEUS}/alerts/watchkeeper_spec.yml"

METRIC_CONFLICT: Final = "MetricConflict"
REQUESTS_UNMEASURED: Final = "RequestsUnmeasured"

# Those that an SLO may have without asking, and Idle; the alerts on the rest of its budget are in addition.
SLO_ALERTS: Final = (FAST_BURN, SLOW_BURN, BUDGET_EXHAUSTED, METRIC_MISSING, IDLE)
# Of an objective by a label these are about all values, and have no such label.
OF_WHOLE_OBJECTIVE: Final = (METRIC_MISSING, IDLE)
# The label of every alert that says what made it, the same for all objectives; a preset's value is its own name.
KIND_LABEL: Final = "alert_kind"
EXPRESSION_KIND: Final = "expression"
ALERTS_PROOF: Final = "alerts"

BAD_BASE: Final = "slo:bad:rate_base"
TOTAL_BASE: Final = "slo:total:rate_base"
BAD_TILE: Final = "slo:bad:rate_tile"
TOTAL_TILE: Final = "slo:total:rate_tile"
# The same with the events of planned work, which the others leave out; only services with maintenance windows have them.
BAD_ALL: Final = "slo:bad:rate_all"
TOTAL_ALL: Final = "slo:total:rate_all"
BAD_ALL_TILE: Final = "slo:bad:rate_all_tile"
TOTAL_ALL_TILE: Final = "slo:total:rate_all_tile"
REMAINING_ALL: Final = "slo:error_budget:remaining_ratio_all"
# 1 while a maintenance window of a service is open, with the window's name, reason and author.
MAINTENANCE_OPEN: Final = "service:maintenance:open"
# The end of an open window, in Unix seconds, with the same labels.
MAINTENANCE_ENDS: Final = "service:maintenance:ends"
# What the clock of a time zone shows, in seconds since its own 1970; only of zones whose clock is moved twice a year.
MAINTENANCE_CLOCK: Final = "service:maintenance:clock"
# 1 for each value of an objective's `by` that has a budget of its own; only such objectives have it.
OWN_BUDGET: Final = "slo:values:own_budget"
# The month or quarter of a calendar window: what its clock shows, the first day of it and of the next one on that clock,
# its beginning in Unix seconds, and its length.
CALENDAR_CLOCK: Final = "service:calendar:clock"
CALENDAR_FIRST: Final = "service:calendar:first_day"
CALENDAR_NEXT: Final = "service:calendar:next_first_day"
CALENDAR_BEGINS: Final = "service:calendar:begins"
CALENDAR_SECONDS: Final = "service:calendar:seconds"
# The label of rollups that says to which month or quarter they belong: its beginning.
BEGINS_LABEL: Final = "begins"
OBJECTIVE: Final = "slo:objective:ratio"
REMAINING: Final = "slo:error_budget:remaining_ratio"
EXHAUSTION: Final = "slo:error_budget:exhaustion_seconds"


def root_of(spec_path: Path) -> Path:
    """Return the root of the rendered files: the folder above the spec's `monitoring/`, else the spec's own."""
    folder = spec_path.absolute().parent
    return folder.parent if folder.name == "monitoring" else folder


def drill_receiver(receiver: str) -> str:
    """Return the published receiver that only drills of a spec's receiver reach."""
    return f"drill-{receiver}"


def alerts_path(service: str) -> str:
    """Return the file of a service's threshold alerts."""
    return f"{PROMETHEUS}/alerts/{service}.yml"


def maintenance_path(service: str) -> str:
    """Return the file of the rules that show when a maintenance window of a service is open."""
    return f"{PROMETHEUS}/alerts/{service}_maintenance.yml"


def maintenance_group(service: str) -> str:
    """Return the name of the rule group in that file."""
    return f"{service}-maintenance"


def calendar_path(service: str) -> str:
    """Return the file of the rules that compute the months and quarters of a service's objectives."""
    return f"{PROMETHEUS}/alerts/{service}_calendar.yml"


def calendar_group(service: str) -> str:
    """Return the name of the rule group in that file."""
    return f"{service}-calendar"


def targets_path(group: str, job: str) -> str:
    """Return the file of a scrape job's addresses; `group` is services or stack."""
    return f"{PROMETHEUS}/targets/{group}/{job}.json"


def runbook_path(service: str, alert: str) -> str:
    """Return the file of an alert's runbook."""
    return f"{RUNBOOKS}/{service}/{alert}.md"


def runbook_url(base: str | None, service: str, alert: str) -> str:
    """Return the runbook's address under the spec's base address, or else its path in the repository."""
    if base is None:
        return runbook_path(service, alert)
    return f"{base.rstrip('/')}/{service}/{alert}.md"


def dashboard_path(folder: str, page: str) -> str:
    """Return the file of a dashboard; Grafana shows its folder as a folder."""
    return f"{DASHBOARDS}/{folder}/{page}.json"


def page_id(service: str) -> str:
    """Return what the uids of a service's dashboards contain: its name, or the ends of a long one.

    PromQL can compute it too, so that a table of all services can link to their dashboards.
    """
    if len(service) <= _LONGEST_PAGE_ID:
        return service
    return f"{service[:20]}-{service[-12:]}"


def service_dashboard_uid(page_id: str, page: str) -> str:
    """Return the uid of one of a service's dashboards."""
    return f"{_UID_PREFIXES[page]}{page_id}"


def dashboard_query(service: str, slo: str | None) -> str:
    """Return the path and query with which Grafana shows a service, or one of its objectives."""
    if slo is None:
        return f"/d/{service_dashboard_uid(page_id(service), OVERVIEW_PAGE)}"
    return f"/d/{service_dashboard_uid(page_id(service), SLO_PAGE)}?var-slo={slo}"


def instrumentation_path(service: str) -> str:
    """Return the file that the service's middleware loads."""
    return f"monitoring/instrumentation/{service}.json"


def rules_path(service: str, slo: str) -> str:
    """Return the file of an SLO's recording and alerting rules."""
    return f"{PROMETHEUS}/rules/{service}/{slo}.yml"


def alerts_group(service: str) -> str:
    """Return the rule group of a service's threshold alerts."""
    return f"{service}-alerts"


def live_group(slo_id: str) -> str:
    """Return the rule group of an SLO that is evaluated at the server's interval."""
    return f"slo-{slo_id}"


def rollup_group(slo_id: str) -> str:
    """Return the rule group of an SLO's rollups, which the series names call tiles."""
    return f"slo-{slo_id}-tiles"


def proof_path(service: str, name: str) -> str:
    """Return a file of promtool tests below a folder of proofs; `name` is the SLO with its pace, or `alerts`."""
    return f"{service}/{name}.yml"


def alerts_proof_path(service: str, step: int | None) -> str:
    """Return the file of a service's threshold alerts; scenarios with a step of their own, in seconds, have another."""
    return proof_path(service, ALERTS_PROOF if step is None else f"{ALERTS_PROOF}-{step}s")


def proof_page_path(service: str) -> str:
    """Return the page that says what the proofs of a service check."""
    return f"{PROOF_PAGES}/{service}.md"


def slo_id(service: str, slo: str) -> str:
    """Return the label value that identifies an SLO."""
    return f"{service}-{slo}"


def camel(*names: str) -> str:
    """Return names of lower-case words joined by dashes as one CamelCase word."""
    return "".join(word[:1].upper() + word[1:] for name in names for word in name.split("-"))


def slo_alert(service: str, slo: str, kind: str) -> str:
    """Return the name of one of an SLO's alerts, such as LedgerAvailabilityFastBurn."""
    return camel(service, slo) + kind


def budget_below(percent: int) -> str:
    """Return the kind of the alert on so much of an error budget, such as BudgetBelow25Percent."""
    return f"{BUDGET_BELOW[0]}{percent}{BUDGET_BELOW[1]}"


def slo_alert_rank(kind: str) -> tuple[int, int]:
    """Return where the alerts of a kind stand among those of their SLO, most urgent first."""
    if kind in SLO_ALERTS:
        return SLO_ALERTS.index(kind), 0
    percent = kind.removeprefix(BUDGET_BELOW[0]).removesuffix(BUDGET_BELOW[1])
    return SLO_ALERTS.index(BUDGET_EXHAUSTED), int(percent) if percent.isdigit() else 0


def slo_alert_kind(kind: str) -> str:
    """Return the value of KIND_LABEL for one of an SLO's alerts, such as fast_burn; one value for all percentages."""
    if kind.startswith(BUDGET_BELOW[0]):
        kind = BUDGET_BELOW[0]
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in kind).lstrip("_")


def calendar_tile(tile: str) -> str:
    """Return the series of a rollup with the month or quarter that it belongs to."""
    return f"{tile.removesuffix('_tile')}_calendar_tile"


def error_ratio(window: str) -> str:
    """Return the series of an SLO's error ratio over a window."""
    return f"slo:error_ratio:{window}"


def error_ratio_tile(window: str) -> str:
    """Return the series of an SLO's error ratio over a window, recorded with the rollups."""
    return f"slo:error_ratio_tile:{window}"


def bad_events_tile(window: str) -> str:
    """Return the series of an SLO's bad events in a window, recorded with the rollups."""
    return f"slo:bad_events_tile:{window}"


def burn_rate(window: str) -> str:
    """Return the series of an SLO's burn rate over a window."""
    return f"slo:burn_rate:{window}"
