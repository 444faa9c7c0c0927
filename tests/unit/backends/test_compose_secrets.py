"""Secret files that the spec names by an absolute path are mounted into Alertmanager's container."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.loading import load_plan
from watchkeeper.backends import compose, gitignore
from watchkeeper.model.notify import Email, Integration, PagerDuty, Receiver, Slack, Webhook
from watchkeeper.model.position import Position
from watchkeeper.model.scrape import ClientTls, Scrape
from watchkeeper.plan.plan import Plan

SPEC = Path(__file__).resolve().parents[3] / "monitoring" / "SLO_DEFINITIONS.yml"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan(SPEC)


def mounted(plan: Plan) -> list[Any]:
    text = compose.render(plan)["docker-compose.monitoring.yml"]
    return list(yaml.safe_load(text)["services"]["alertmanager"]["volumes"])


def with_secret(plan: Plan, *paths: str) -> Plan:
    """Return the plan with a webhook for each path as the only receivers, each for every severity."""
    where = Position("spec.yml")
    receivers = tuple(
        Receiver(name=f"audit{number}", integration=Webhook(url_file=path), where=where)
        for number, path in enumerate(paths)
    )
    routing = plan.routing
    routes = tuple(replace(route, integrations=receivers) for route in routing.routes)
    fallback = replace(routing.fallback, integrations=receivers)
    return replace(plan, routing=replace(routing, routes=routes, fallback=fallback))


def test_a_secret_with_an_absolute_path_is_mounted_there_once_and_read_only(plan: Plan) -> None:
    secrets = with_secret(plan, "/run/secrets/slack", "secrets/audit", "/srv/$key")
    assert mounted(secrets) == [
        "${WATCHKEEPER_ALERTMANAGER_DIR:-./monitoring/alertmanager}:/etc/alertmanager:ro,z",
        {
            "type": "bind",
            "source": "${WATCHKEEPER_SECRET_1:-/run/secrets/slack}",
            "target": "/run/secrets/slack",
            "read_only": True,
            "bind": {"create_host_path": False},
        },
        {
            "type": "bind",
            "source": "${WATCHKEEPER_SECRET_2:-/srv/$$key}",
            "target": "/srv/$$key",
            "read_only": True,
            "bind": {"create_host_path": False},
        },
        "alertmanager-data:/alertmanager",
    ]
    assert compose.mounted_secrets(secrets) == {
        "WATCHKEEPER_SECRET_1": "/run/secrets/slack",
        "WATCHKEEPER_SECRET_2": "/srv/$key",
    }


def test_a_secret_in_the_mounted_folder_is_not_mounted_again(plan: Plan) -> None:
    inside = with_secret(plan, "/etc/alertmanager/secrets/audit", "secrets/audit")
    assert compose.mounted_secrets(inside) == {}
    assert len(mounted(inside)) == 2


def test_every_kind_of_receiver_has_its_secret_mounted(plan: Plan) -> None:
    where = Position("spec.yml")
    mail = Email(
        to="a@example.com",
        sender="b@example.com",
        smarthost="mail.example.com:25",
        auth_username="b",
        auth_password_file="/s/mail",
        require_tls=True,
    )
    kinds: tuple[Integration, ...] = (
        Slack(webhook_file="/s/slack", channel="#shop"),
        PagerDuty(routing_key_file="/s/pager", url="http://x"),
        Webhook(url_file="/s/web"),
        mail,
    )
    receivers = tuple(
        Receiver(name=f"r{number}", integration=kind, where=where) for number, kind in enumerate(kinds)
    )
    fallback = replace(plan.routing.fallback, integrations=receivers)
    changed = replace(plan, routing=replace(plan.routing, fallback=fallback))
    assert list(compose.mounted_secrets(changed).values()) == ["/s/mail", "/s/pager", "/s/slack", "/s/web"]


def test_files_of_scrapes_are_mounted_into_prometheus_only_and_a_group_may_read_them(plan: Plan) -> None:
    scrape = Scrape(scheme="https", tls=ClientTls(ca_file="/etc/ssl/ca.crt"), bearer_token_file="secrets/t")
    first = plan.services[0]
    service = replace(first, spec=replace(first.spec, scrape=scrape))
    secret = replace(with_secret(plan, "/run/secrets/slack"), services=(service,))
    services = yaml.safe_load(compose.render(secret)["docker-compose.monitoring.yml"])["services"]
    mounts = [one for one in services["prometheus"]["volumes"] if isinstance(one, dict)]
    assert [one["source"] for one in mounts] == ["${WATCHKEEPER_SECRET_2:-/etc/ssl/ca.crt}"]
    assert [one["target"] for one in mounts] == ["/etc/ssl/ca.crt"]
    assert len(services["alertmanager"]["volumes"]) == 3
    assert services["prometheus"]["group_add"] == ["${WATCHKEEPER_SECRETS_GID:-65534}"]
    assert gitignore.render(secret)["monitoring/prometheus/secrets/.gitignore"].splitlines()[-2:] == [
        "*",
        "!.gitignore",
    ]


def test_without_files_of_scrapes_prometheus_needs_no_group(plan: Plan) -> None:
    services = yaml.safe_load(compose.render(plan)["docker-compose.monitoring.yml"])["services"]
    assert "group_add" not in services["prometheus"]
    assert not any("prometheus/secrets" in path for path in gitignore.render(plan))
