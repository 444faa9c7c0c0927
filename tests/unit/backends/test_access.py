"""A stack with users and TLS: every server asks for them, and every client of the stack's own has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.loading import load_plan
from watchkeeper.pipeline import render_files
from watchkeeper.publish import publish
from watchkeeper.verify.published_files import check_files

TLS = "{tls: {server_name: m.example.com}, listen: 0.0.0.0}"


def rendered(folder: Path, access: str) -> dict[str, str]:
    spec = folder / "monitoring/SLO_DEFINITIONS.yml"
    spec.parent.mkdir(exist_ok=True)
    spec.write_text(
        f"version: watchkeeper/v1\nservice: shop\nstack: {{access: {access}, external_host: m.example.com}}\n"
    )
    files = render_files(load_plan(spec))
    publish(files, folder)
    return files


def documents(files: dict[str, str]) -> tuple[Any, Any, Any, Any]:
    names = (
        "docker-compose.monitoring.yml",
        "monitoring/prometheus/prometheus.yml",
        "monitoring/jaeger/jaeger.yaml",
        "monitoring/grafana/provisioning/datasources/datasources.yaml",
    )
    compose, prometheus, jaeger, grafana = (yaml.safe_load(files[name]) for name in names)
    return compose["services"], prometheus, jaeger["extensions"], grafana["datasources"]


def test_with_tls_every_server_and_every_client_uses_it(tmp_path: Path) -> None:
    services, prometheus, jaeger, sources = documents(rendered(tmp_path, TLS))
    for name in ("prometheus", "alertmanager"):
        assert "--web.config.file=/etc/watchkeeper/access/web.yml" in services[name]["command"]
        assert (
            "--http.config.file=/etc/watchkeeper/access/client.yml" in services[name]["healthcheck"]["test"]
        )
    for name in ("prometheus", "alertmanager", "jaeger", "grafana"):
        assert "./monitoring/prometheus/access:/etc/watchkeeper/access:ro,z" in services[name]["volumes"]
        assert services[name]["ports"][0].startswith("0.0.0.0:")
    assert all(port.startswith("127.0.0.1:") for port in services["jaeger"]["ports"][1:])
    assert services["grafana"]["environment"]["GF_SERVER_PROTOCOL"] == "https"
    jobs = {job["job_name"]: job for job in prometheus["scrape_configs"]}
    for client in (
        jobs["prometheus"],
        jobs["alertmanager"],
        jobs["grafana"],
        prometheus["alerting"]["alertmanagers"][0],
    ):
        assert client["scheme"] == "https"
        assert client["tls_config"] == {"ca_file": "access/ca.crt", "server_name": "m.example.com"}
        assert client["basic_auth"] == {"username": "watchkeeper", "password_file": "access/password"}
    environment = services["grafana"]["environment"]
    assert environment["GF_METRICS_BASIC_AUTH_USERNAME"] == "watchkeeper"
    assert environment["GF_METRICS_BASIC_AUTH_PASSWORD__FILE"] == "/etc/watchkeeper/access/password"
    assert jaeger["jaeger_query"]["http"]["auth"] == jaeger["jaeger_query"]["grpc"]["auth"]
    assert all(source["url"].startswith("https://") and source["basicAuth"] for source in sources)
    assert all("tlsCACert" in source["secureJsonData"] for source in sources)


def test_without_tls_there_are_passwords_on_this_machine_only(tmp_path: Path) -> None:
    files = rendered(tmp_path, "{}")
    services, prometheus, jaeger, sources = documents(files)
    assert services["prometheus"]["ports"][0].startswith("127.0.0.1:")
    assert "tls_config" not in prometheus["scrape_configs"][1]
    assert "tls" not in jaeger["jaeger_query"]["http"]
    assert all(source["secureJsonData"].keys() == {"basicAuthPassword"} for source in sources)
    assert "https://" not in files["docker-compose.monitoring.yml"]


def test_links_lead_to_the_encrypted_servers(tmp_path: Path) -> None:
    files = rendered(tmp_path, TLS)
    assert not [path for path, text in files.items() if "http://m.example.com" in text]


@pytest.mark.parametrize("access", [TLS, "{}", "{tls: {authority: system}}"])
@pytest.mark.usefixtures("promtool", "jaeger")
def test_the_real_tools_accept_the_files_on_a_machine_without_the_secrets(
    access: str, tmp_path: Path
) -> None:
    spec = tmp_path / "monitoring/SLO_DEFINITIONS.yml"
    rendered(tmp_path, access)
    found = {each.check: each for each in check_files(load_plan(spec), tmp_path, cache=False)}
    assert {name: one.verdict for name, one in found.items() if one.verdict == "failed"} == {}
    assert "access/password" in found["prometheus configuration"].detail
