"""Prometheus: its main configuration and target files."""

from __future__ import annotations

from watchkeeper import naming
from watchkeeper.emit import json, yaml
from watchkeeper.emit.header import generated_from
from watchkeeper.emit.yaml import Commented, Value
from watchkeeper.model.scrape import Scrape
from watchkeeper.model.stack import Stack
from watchkeeper.model.stack_access import ACCESS_FOLDER, CA_FILE, CLIENT_CONFIG, OWN_USER, PASSWORD_FILE
from watchkeeper.plan.http_credentials import credentials
from watchkeeper.plan.plan import Plan, PlannedService

_STACK_JOBS: tuple[tuple[str, str], ...] = (
    ("prometheus", "prometheus:9090"),
    ("alertmanager", "alertmanager:9093"),
    ("jaeger", "jaeger:8888"),
    ("jaeger-spans", "jaeger:8889"),
    ("grafana", "grafana:3000"),
)
# Jaeger's ports of metrics are open to this machine only.
_WITH_LOGIN = ("prometheus", "alertmanager", "grafana")


def render(plan: Plan) -> dict[str, str]:
    """Return prometheus.yml and the addresses as containers see them."""
    files = {f"{naming.PROMETHEUS}/prometheus.yml": _main(plan)}
    for service in plan.services:
        if not service.is_listed:
            continue
        labels = dict(service.target_labels)
        files[naming.targets_path("services", service.name)] = target_file(service.compose_targets, labels)
    for job, address in _STACK_JOBS:
        files[naming.targets_path("stack", job)] = target_file((address,), {})
    if plan.stack.access is not None:
        # Absolute: amtool resolves relative paths from the folder above that of the file, promtool from its own.
        client = yaml.dump(_own_login(plan.stack, f"{ACCESS_FOLDER}/"), header=generated_from(plan.source))
        files[f"{naming.ACCESS}/{CLIENT_CONFIG}"] = client
    files[f"{naming.PROMETHEUS}/targets/alertmanagers.json"] = target_file(("alertmanager:9093",), {})
    return files


def target_file(addresses: tuple[str, ...], labels: dict[str, str]) -> str:
    """Return a file_sd document; no addresses give a job without targets."""
    if not addresses:
        return json.dump([])
    group: dict[str, json.Value] = {"targets": list(addresses)}
    if labels:
        group["labels"] = dict(labels)
    return json.dump([group])


def _main(plan: Plan) -> str:
    stack = plan.stack
    document: dict[str, Value] = {
        "global": {
            "scrape_interval": str(stack.scrape_interval),
            "scrape_timeout": str(stack.scrape_timeout),
            "evaluation_interval": str(stack.evaluation_interval),
            # Prometheus expands variables of its environment here, and nowhere else.
            "external_labels": {name: value.replace("$", "$$") for name, value in stack.external_labels},
        },
        "storage": {
            "tsdb": {"retention": _retention(stack)},
            "exemplars": {"max_exemplars": 100_000},
        },
        "rule_files": [*_rule_files(plan), "alerts/*.yml", *_last_backup(stack)],
        "alerting": {
            "alertmanagers": [
                {**_own_client(stack), "file_sd_configs": [_files("targets/alertmanagers.json")]},
            ]
        },
        "scrape_configs": _jobs(plan),
    }
    return yaml.dump(document, header=generated_from(plan.source))


def _retention(stack: Stack) -> dict[str, Value]:
    size: dict[str, Value] = {} if stack.retention_size is None else {"size": stack.retention_size}
    return {"time": str(stack.retention), **size}


def _rule_files(plan: Plan) -> list[str]:
    # Prometheus allows a wildcard in a path's last part only.
    return [f"rules/{service.name}/*.yml" for service in plan.services if service.slos]


def _last_backup(stack: Stack) -> list[str]:
    """Return the rule file that `backup` writes, whether it is there yet or not."""
    folder = naming.LAST_BACKUP.removeprefix(f"{naming.PROMETHEUS}/")
    return [] if stack.backup_every is None else [f"{folder}/*.yml"]


def _files(path: str) -> dict[str, Value]:
    # Prometheus watches the files; the interval only bounds how long a missed event can last.
    return {"files": [path], "refresh_interval": "30s"}


def _jobs(plan: Plan) -> list[Value]:
    jobs: list[Value] = [_service_job(service) for service in plan.services if service.spec.is_scraped]
    for job, _ in _STACK_JOBS:
        entry: dict[str, Value] = {"job_name": job}
        if job == "jaeger-spans":
            entry["honor_labels"] = True
        if job in _WITH_LOGIN:
            entry |= _own_client(plan.stack)
        entry["file_sd_configs"] = [_files(f"targets/stack/{job}.json")]
        jobs.append(Commented(entry, "The stack monitors itself.") if job == "prometheus" else entry)
    return jobs


def _service_job(service: PlannedService) -> Value:
    entry: dict[str, Value] = {"job_name": service.name}
    if service.metrics_path != "/metrics":
        entry["metrics_path"] = service.metrics_path
    entry |= _reached_by(service.spec.scrape)
    if any(metric.native for metric in service.metrics):
        # Prometheus before 3.8 does not know the key, so it is there only where it is needed.
        entry["scrape_native_histograms"] = True
    entry |= _found_by(service)
    # A relabelling and not a label of the target file, so that no edit of an address can lose it.
    labels = (("service", service.name), *(() if service.is_listed else service.target_labels))
    entry["relabel_configs"] = [
        # A single dollar sign would refer to a group of the expression.
        {"target_label": label, "replacement": value.replace("$", "$$")}
        for label, value in labels
    ]
    return entry


def _reached_by(scrape: Scrape) -> dict[str, Value]:
    """Return the scheme and the credentials; paths stay relative to the folder of this file."""
    scheme: dict[str, Value] = {} if scrape.scheme == "http" else {"scheme": scrape.scheme}
    return scheme | credentials(scrape)


def _own_client(stack: Stack) -> dict[str, Value]:
    """Return how Prometheus reaches the stack's own servers: nothing where everybody may."""
    if stack.access is None:
        return {}
    scheme: dict[str, Value] = {"scheme": "https"} if stack.access.tls is not None else {}
    return scheme | _own_login(stack, "access/")


def _own_login(stack: Stack, folder: str) -> dict[str, Value]:
    """Return the certificates and the user of the stack's own clients, with paths from that folder."""
    login: dict[str, Value] = {
        "basic_auth": {"username": OWN_USER, "password_file": f"{folder}{PASSWORD_FILE}"}
    }
    tls = stack.access.tls if stack.access is not None else None
    if tls is None:
        return login
    authority: dict[str, Value] = {"ca_file": f"{folder}{CA_FILE}"} if tls.authority == "private" else {}
    return {"tls_config": {**authority, "server_name": tls.server_name}} | login


def _found_by(service: PlannedService) -> dict[str, Value]:
    found = service.spec.discovery
    if found is None:
        return {"file_sd_configs": [_files(f"targets/services/{service.name}.json")]}
    if found.files:
        return {"file_sd_configs": [{"files": list(found.files), "refresh_interval": "30s"}]}
    if found.url is not None:
        return {"http_sd_configs": [{"url": found.url}]}
    dns: dict[str, Value] = {"names": list(found.names), "type": found.record, "refresh_interval": "30s"}
    return {"dns_sd_configs": [dns if found.port is None else {**dns, "port": found.port}]}
