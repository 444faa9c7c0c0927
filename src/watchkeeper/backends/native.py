"""The process file of the native stack: every program with its flags, on the loopback address unless the spec asks for another.

It contains no path of a machine: the folders come from the environment in which `watchkeeper up` starts supervisord.
"""

from __future__ import annotations

from watchkeeper import naming
from watchkeeper.emit.header import generated_from
from watchkeeper.model.stack import LOOPBACK, Stack
from watchkeeper.model.stack_access import CA_FILE, WEB_CONFIG
from watchkeeper.plan.plan import Plan, PlannedService

PATH = "monitoring/native/supervisord.conf"
# The folder of this stack's state, from the environment of supervisord and its programs.
_STATE = "%(ENV_WATCHKEEPER_STACK)s"
_ROOT = "%(ENV_WATCHKEEPER_ROOT)s"
_PYTHON = '"%(ENV_WATCHKEEPER_PYTHON)s"'


def render(plan: Plan) -> dict[str, str]:
    """Return the file that supervisord reads; the same plan gives the same text."""
    header = "\n".join(f"; {line}" for line in generated_from(plan.source).splitlines())
    programs = [_prometheus(plan), _alertmanager(plan), _jaeger(plan), _sinks(plan), _front_page(plan)]
    programs.append(_sentry(plan))
    demo = next((service for service in plan.services if service.is_demo), None)
    if demo is not None:
        programs += [_demo(plan, demo), _load(plan)]
    return {PATH: "\n".join([f"{header}\n\n{_SUPERVISOR}", *programs])}


# Paths of log files are relative to the state folder, in which supervisord starts: supervisord expands this setting
# twice, and would fail on a percent sign in an absolute path.
_SUPERVISOR = """\
; `watchkeeper up` starts supervisord with this file, in the folder of the stack's state.
[supervisord]
nodaemon=true
silent=true
logfile=logs/supervisord.log
logfile_maxbytes=1MB
logfile_backups=1
pidfile=supervisord.pid
childlogdir=logs

[unix_http_server]
file=%(ENV_WATCHKEEPER_SOCKET)s
chmod=0600

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://%(ENV_WATCHKEEPER_SOCKET)s
"""


def _prometheus(plan: Plan) -> str:
    stack = plan.stack
    return _program(
        "prometheus",
        f'"{_STATE}/bin/prometheus"',
        f'--config.file="{_STATE}/prometheus/prometheus.yml"',
        "--config.auto-reload",
        "--config.auto-reload-interval=5s",
        # New targets are scraped after one second instead of five, which shortens most of a start.
        "--scrape.discovery-reload-interval=1s",
        f'--storage.tsdb.path="{_STATE}/data/prometheus"',
        "--enable-feature=exemplar-storage",
        f"--web.listen-address={stack.listen}:{stack.ports.prometheus}",
        *_web_config(stack),
        f"--web.external-url={_url(plan, stack.ports.prometheus)}",
        stop_seconds=30,
    )


def _alertmanager(plan: Plan) -> str:
    return _program(
        "alertmanager",
        f'"{_STATE}/bin/alertmanager"',
        f'--config.file="{_STATE}/alertmanager/alertmanager.yml"',
        f'--storage.path="{_STATE}/data/alertmanager"',
        f"--data.retention={naming.ALERTMANAGER_RETENTION}",
        # A backup and a crash lose no more than this: only the files contain what it remembers.
        "--data.maintenance-interval=15s",
        # Names of receivers in its metrics let a drill see which one accepted a message.
        "--enable-feature=utf8-strict-mode,receiver-name-in-metrics",
        "--cluster.listen-address=",
        f"--web.listen-address={plan.stack.listen}:{plan.stack.ports.alertmanager}",
        *_web_config(plan.stack),
        f"--web.external-url={_url(plan, plan.stack.ports.alertmanager)}",
        # Alertmanager resolves the paths of secret files from its working directory.
        directory=f"{_STATE}/alertmanager",
    )


def _jaeger(plan: Plan) -> str:
    ports = plan.stack.ports
    query_grpc, sampling_http, sampling_grpc = ports.below_jaeger
    environment: dict[str, str | int] = {
        "JAEGER_LISTEN_HOST": LOOPBACK,
        "JAEGER_OTLP_GRPC_PORT": ports.otlp_grpc,
        "JAEGER_OTLP_HTTP_PORT": ports.otlp_http,
        "JAEGER_QUERY_PORT": ports.jaeger,
        "JAEGER_QUERY_GRPC_PORT": query_grpc,
        "JAEGER_SAMPLING_HTTP_PORT": sampling_http,
        "JAEGER_SAMPLING_GRPC_PORT": sampling_grpc,
        "JAEGER_HEALTH_PORT": ports.jaeger_health,
        "JAEGER_METRICS_PORT": ports.jaeger_metrics,
        "JAEGER_SPAN_METRICS_PORT": ports.span_metrics,
        "JAEGER_PROMETHEUS_URL": f"{plan.stack.scheme}://{plan.stack.reached_at}:{ports.prometheus}",
        "JAEGER_STORAGE_DIR": f"{_STATE}/data/jaeger",
        "JAEGER_SAMPLING_FILE": f"{_ROOT}/monitoring/jaeger/sampling.json",
    }
    if plan.stack.access is not None:
        environment |= {
            "JAEGER_QUERY_HOST": plan.stack.listen,
            "JAEGER_ACCESS_DIR": f"{_ROOT}/{naming.ACCESS}",
        }
    config = f'--config="{_ROOT}/monitoring/jaeger/jaeger.yaml"'
    return _program("jaeger", f'"{_STATE}/bin/jaeger"', config, environment=environment, stop_seconds=30)


def _sinks(plan: Plan) -> str:
    """Return the sinks; without a demo, they start only when the secret of a receiver is missing."""
    ports = plan.stack.ports
    return _program(
        "sinks",
        f"{_PYTHON} -m watchkeeper.sinks",
        f"--http={LOOPBACK}:{ports.sinks}",
        f"--smtp={LOOPBACK}:{ports.smtp}",
        f'--journal="{_STATE}/sinks.jsonl"',
        autostart="true" if any(service.is_demo for service in plan.services) else "false",
    )


def _front_page(plan: Plan) -> str:
    """Return the front page, which the stack of a drill does without."""
    stack, ports = plan.stack, plan.stack.ports
    links = [
        f"{name.capitalize()}={stack.scheme}:{getattr(ports, name)}"
        for name in ("prometheus", "alertmanager", "jaeger")
    ]
    links.append(f"Sinks=http:{ports.sinks}")
    if any(service.is_demo for service in plan.services):
        links.append(f"Demo=http:{ports.demo}/docs")
    server = f"{stack.scheme}://{stack.reached_at}"
    return _program(
        "front-page",
        f"{_PYTHON} -m watchkeeper.front_page",
        f"--http={LOOPBACK}:{ports.front_page}",
        f"--prometheus={server}:{ports.prometheus}",
        f"--alertmanager={server}:{ports.alertmanager}",
        # Where they do not run, the page does without.
        f"--sinks=http://{LOOPBACK}:{ports.sinks}",
        '--spec="%(ENV_WATCHKEEPER_SPEC)s"',
        f"--known-as={_escaped(stack.external_host)}",
        *(f"--link={link}" for link in links),
        *_page_access(stack),
        autostart="%(ENV_WATCHKEEPER_FRONT_PAGE)s",
    )


def _sentry(plan: Plan) -> str:
    """Return the server for Sentry's protocol, which `up --with sentry` starts."""
    return _program(
        "sentry",
        '"%(ENV_WATCHKEEPER_BUGSINK_PROGRAMS)s/gunicorn" bugsink.wsgi',
        f"--bind={LOOPBACK}:{plan.stack.ports.sentry}",
        # Its database has one writer.
        "--workers=1",
        "--threads=4",
        "--no-control-socket",
        environment={"PYTHONPATH": f"{_STATE}/data/sentry", "DJANGO_SETTINGS_MODULE": "bugsink_conf"},
        directory=f"{_STATE}/data/sentry",
        autostart="%(ENV_WATCHKEEPER_WITH_SENTRY)s",
    )


def _page_access(stack: Stack) -> list[str]:
    if stack.access is None:
        return []
    folder, tls = f"{_ROOT}/{naming.ACCESS}", stack.access.tls
    found = [f'--access="{folder}"']
    if tls is not None:
        found.append(f"--tls-name={_escaped(tls.server_name)}")
        found += [f'--ca="{folder}/{CA_FILE}"'] if tls.authority == "private" else []
    return found


def _demo(plan: Plan, service: PlannedService) -> str:
    instrumentation = f"{_ROOT}/{naming.instrumentation_path(service.name)}"
    return _program(
        "demo",
        f"{_PYTHON} -m examples.helloagents",
        f"--host={LOOPBACK}",
        f"--port={plan.stack.ports.demo}",
        environment={
            "INSTRUMENTATION_CONFIG": instrumentation,
            "PYTHONUNBUFFERED": 1,
            **service.tracing_environment(f"http://{LOOPBACK}:{plan.stack.ports.otlp_http}"),
        },
        directory="%(ENV_WATCHKEEPER_DEMO_HOME)s",
    )


def _load(plan: Plan) -> str:
    url = f"--url=http://{LOOPBACK}:{plan.stack.ports.demo}"
    directory = "%(ENV_WATCHKEEPER_DEMO_HOME)s"
    return _program("load", f"{_PYTHON} -m examples.helloagents.load", url, directory=directory)


def _program(
    name: str,
    *command: str,
    environment: dict[str, str | int] | None = None,
    directory: str | None = None,
    autostart: str = "true",
    stop_seconds: int = 10,
) -> str:
    lines = [f"[program:{name}]", "command=" + "\n  ".join(command)]
    if directory is not None:
        lines.append(f"directory={directory}")
    if environment:
        pairs = ",\n  ".join(f'{key}="{value}"' for key, value in environment.items())
        lines.append(f"environment={pairs}")
    if autostart != "true":
        lines.append(f"autostart={autostart}")
    lines += [
        "autorestart=true",
        "startsecs=2",
        "startretries=2",
        f"stopwaitsecs={stop_seconds}",
        "stopasgroup=true",
        f"stdout_logfile=logs/{name}.log",
        "stdout_logfile_maxbytes=10MB",
        "stdout_logfile_backups=2",
        "redirect_stderr=true",
    ]
    return "\n".join(lines) + "\n"


def _web_config(stack: Stack) -> list[str]:
    """Return the flag with the users and the certificate; the servers read that file again for each request."""
    return [] if stack.access is None else [f'--web.config.file="{_ROOT}/{naming.ACCESS}/{WEB_CONFIG}"']


def _url(plan: Plan, port: int) -> str:
    return f"{plan.stack.scheme}://{_escaped(plan.stack.external_host)}:{port}"


def _escaped(host: str) -> str:
    # The host name is the only user text in the file; supervisord would expand a percent sign in it.
    return host.replace("%", "%%")
