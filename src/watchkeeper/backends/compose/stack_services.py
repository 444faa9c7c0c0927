"""The services of the stack: Prometheus, Alertmanager, Jaeger and Grafana."""

from __future__ import annotations

from typing import Final

from watchkeeper import naming
from watchkeeper.backends.compose.compose_secrets import alertmanager_mounts, prometheus_mounts
from watchkeeper.backends.compose.parts import (
    SCRATCH,
    SECRETS_GROUP,
    Service,
    confined,
    file,
    folder,
    healthcheck,
    port,
)
from watchkeeper.emit.yaml import Commented, Value
from watchkeeper.model.stack import Stack
from watchkeeper.model.stack_access import (
    ACCESS_FOLDER,
    CERT_FILE,
    CLIENT_CONFIG,
    KEY_FILE,
    OWN_USER,
    PASSWORD_FILE,
    WEB_CONFIG,
)
from watchkeeper.plan.plan import Plan

_NOBODY = "65534:65534"
_JAEGER_USER = "10001:10001"
GRAFANA_USER: Final = "472:0"
ALERTMANAGER_USER: Final = _NOBODY
PROMETHEUS_USER: Final = _NOBODY
_JAEGER_DATA = "/tmp"  # noqa: S108 -- a path inside the container
_PASSWORD = "/run/secrets/grafana_admin_password"  # noqa: S105 -- a path
GRAFANA_PROFILE: Final = "grafana"
_TRACES = Commented(
    f"jaeger-data:{_JAEGER_DATA}",
    "The image's user owns no folder, and can write to a new volume only when it is mounted at /tmp.",
)


def stack_services(plan: Plan) -> dict[str, Service]:
    """Return the stack's own services by their names in the network."""
    return {
        "prometheus": _prometheus(plan),
        "alertmanager": _alertmanager(plan),
        "jaeger": _jaeger(plan),
        "grafana": _grafana(plan),
    }


def _prometheus(plan: Plan) -> Service:
    stack = plan.stack
    return {
        "image": f"${{PROMETHEUS_IMAGE:-{stack.images.prometheus}}}",
        "command": [
            "--config.file=/etc/prometheus/prometheus.yml",
            Commented(
                "--config.auto-reload",
                "Prometheus loads a new render without a restart, and ignores a broken one.",
            ),
            "--config.auto-reload-interval=5s",
            "--storage.tsdb.path=/prometheus",
            "--enable-feature=exemplar-storage",
            "--web.listen-address=:9090",
            *_web_config(stack),
            f"--web.external-url={stack.scheme}://{stack.external_host}:{stack.ports.prometheus}",
        ],
        "ports": [port(stack.ports.prometheus, 9090, stack.listen)],
        "extra_hosts": Commented(
            ["host.docker.internal:host-gateway"], "For services that run on this machine outside containers."
        ),
        "volumes": [
            Commented(
                folder("./monitoring/prometheus", "/etc/prometheus"),
                "A folder, because a single mounted file would keep its old content after a render. `z` lets containers\n"
                "read it where SELinux runs, and does nothing elsewhere.",
            ),
            *_access(stack),
            *prometheus_mounts(plan),
            "prometheus-data:/prometheus",
        ],
        "healthcheck": healthcheck(
            "/bin/promtool", "check", "ready", *_http_config(stack), f"--url={stack.scheme}://127.0.0.1:9090"
        ),
        **({"group_add": SECRETS_GROUP} if plan.scrape_files or stack.access else {}),
        "stop_grace_period": "30s",
        **confined(PROMETHEUS_USER, pids=200, limits=stack.resources.prometheus),
    }


def _alertmanager(plan: Plan) -> Service:
    stack = plan.stack
    return {
        "image": f"${{ALERTMANAGER_IMAGE:-{stack.images.alertmanager}}}",
        "working_dir": Commented(
            "/etc/alertmanager",
            "Alertmanager resolves the paths of secret files from its working directory.",
        ),
        "command": [
            "--config.file=/etc/alertmanager/alertmanager.yml",
            "--storage.path=/alertmanager",
            f"--data.retention={naming.ALERTMANAGER_RETENTION}",
            Commented(
                "--data.maintenance-interval=15s",
                "A backup and a crash lose no more than this: only the files contain what it remembers.",
            ),
            Commented(
                "--enable-feature=utf8-strict-mode,receiver-name-in-metrics",
                "Names of receivers in its metrics let a drill see which one accepted a message.",
            ),
            Commented("--cluster.listen-address=", "A single node needs no cluster port."),
            "--web.listen-address=:9093",
            *_web_config(stack),
            f"--web.external-url={stack.scheme}://{stack.external_host}:{stack.ports.alertmanager}",
        ],
        **_proxy_environment(plan),
        "ports": [port(stack.ports.alertmanager, 9093, stack.listen)],
        "volumes": [
            folder("${WATCHKEEPER_ALERTMANAGER_DIR:-./monitoring/alertmanager}", "/etc/alertmanager"),
            *_access(stack),
            *alertmanager_mounts(plan),
            Commented("alertmanager-data:/alertmanager", "Silences and the log of sent notifications."),
        ],
        "healthcheck": healthcheck(
            "/bin/amtool",
            f"--alertmanager.url={stack.scheme}://127.0.0.1:9093",
            *_http_config(stack),
            "cluster",
            "show",
        ),
        "group_add": SECRETS_GROUP,
        **confined(ALERTMANAGER_USER, pids=100, limits=stack.resources.alertmanager),
    }


def _proxy_environment(plan: Plan) -> Service:
    """Return the variables that name a proxy, from the environment of `docker compose`, if the spec asks for them."""
    proxy = plan.routing.proxy
    if proxy is None or proxy.url is not None:
        return {}
    names = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")
    return {"environment": {name: f"${{{name}:-}}" for name in names}}


def _jaeger(plan: Plan) -> Service:
    stack, ports = plan.stack, plan.stack.ports
    kept = stack.trace_storage == "badger"
    return {
        "image": f"${{JAEGER_IMAGE:-{stack.images.jaeger}}}",
        "command": ["--config=/etc/jaeger/jaeger.yaml"],
        **({"environment": {"JAEGER_STORAGE_DIR": f"{_JAEGER_DATA}/jaeger"}} if kept else {}),
        "ports": [
            port(ports.jaeger, 16686, stack.listen),
            port(ports.otlp_grpc, 4317),
            port(ports.otlp_http, 4318),
            port(ports.jaeger_health, 13133),
        ],
        "volumes": [
            folder("./monitoring/jaeger", "/etc/jaeger"),
            *_access(stack),
            *([_TRACES] if kept else []),
        ],
        **({"group_add": SECRETS_GROUP} if stack.access else {}),
        "healthcheck": healthcheck("wget", "-q", "-O", "-", "http://127.0.0.1:13133/status"),
        "stop_grace_period": "30s",
        **confined(_JAEGER_USER, pids=100, limits=stack.resources.jaeger),
    }


def _grafana(plan: Plan) -> Service:
    stack = plan.stack
    # The name in the certificate is not the container's own address.
    unchecked = ["--no-check-certificate"] if stack.scheme == "https" else []
    return {
        "profiles": Commented(
            [GRAFANA_PROFILE],
            "Without a profile, Compose would start no service at all while the secret file is missing.",
        ),
        "image": f"${{GRAFANA_IMAGE:-{stack.images.grafana}}}",
        "environment": {
            **_grafana_tls(stack),
            **_grafana_metrics(stack),
            "GF_SERVER_ROOT_URL": f"{stack.scheme}://{stack.external_host}:{stack.ports.grafana}",
            "GF_SECURITY_ADMIN_PASSWORD__FILE": _PASSWORD,
            "GF_ANALYTICS_REPORTING_ENABLED": "false",
            "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
            "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
            "GF_PLUGINS_PREINSTALL_AUTO_UPDATE": Commented(
                "false",
                "From Grafana 13 on, a plugin update that fails on a read-only root removes the data sources.",
            ),
        },
        "ports": [port(stack.ports.grafana, 3000, stack.listen)],
        "volumes": [
            folder("./monitoring/grafana/provisioning", "/etc/grafana/provisioning"),
            folder("./monitoring/grafana/dashboards", "/var/lib/grafana-dashboards"),
            Commented(
                file(
                    f"${{WATCHKEEPER_GRAFANA_PASSWORD_FILE:-./{naming.GRAFANA_PASSWORD}}}",
                    _PASSWORD,
                    label=True,
                ),
                "Not a secret of Compose, which has no label for SELinux.",
            ),
            *_access(stack),
            "grafana-data:/var/lib/grafana",
        ],
        "tmpfs": SCRATCH,
        "depends_on": {"prometheus": {"condition": "service_healthy"}},
        "healthcheck": healthcheck(
            "wget", "-q", *unchecked, "-O", "-", f"{stack.scheme}://127.0.0.1:3000/api/health"
        ),
        "group_add": SECRETS_GROUP,
        **confined(GRAFANA_USER, pids=200, limits=stack.resources.grafana),
    }


def _access(stack: Stack) -> list[Value]:
    """Return the mount of the folder with users, passwords and certificates, where the stack has some."""
    return [] if stack.access is None else [folder(f"./{naming.ACCESS}", ACCESS_FOLDER)]


def _web_config(stack: Stack) -> list[Value]:
    if stack.access is None:
        return []
    flag = f"--web.config.file={ACCESS_FOLDER}/{WEB_CONFIG}"
    return [
        Commented(flag, "`watchkeeper access` and `up` write this file; it is read again for each request.")
    ]


def _http_config(stack: Stack) -> list[str]:
    return [] if stack.access is None else [f"--http.config.file={ACCESS_FOLDER}/{CLIENT_CONFIG}"]


def _grafana_tls(stack: Stack) -> dict[str, Value]:
    if stack.scheme == "http":
        return {}
    return {
        "GF_SERVER_PROTOCOL": "https",
        "GF_SERVER_CERT_FILE": f"{ACCESS_FOLDER}/{CERT_FILE}",
        "GF_SERVER_CERT_KEY": f"{ACCESS_FOLDER}/{KEY_FILE}",
    }


def _grafana_metrics(stack: Stack) -> dict[str, Value]:
    """Return the login that Grafana asks for at /metrics: without one, everybody who reaches it reads them."""
    if stack.access is None:
        return {}
    return {
        "GF_METRICS_BASIC_AUTH_USERNAME": OWN_USER,
        "GF_METRICS_BASIC_AUTH_PASSWORD__FILE": f"{ACCESS_FOLDER}/{PASSWORD_FILE}",
    }
