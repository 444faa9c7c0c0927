"""The runbooks as a folder of HTML pages with a search, for any web server and for the disk of a phone.

A page loads nothing from elsewhere. Its policy allows the one style and the one script that are in it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined

from watchkeeper import naming
from watchkeeper.backends.runbook_site.markdown_html import html_of
from watchkeeper.plan.plan import Plan, PlannedAlert


def render(plan: Plan, files: Mapping[str, str]) -> dict[str, str]:
    """Return the pages by their path in the folder; `files` are the rendered ones, of which runbooks and proofs count.

    A runbook is the index of a folder that ends in .md: so the addresses in alerts lead to it on any web server.
    """
    pages = {"index.html": _index(plan)}
    alerts = {one.runbook_path: one for service in plan.alerting_services for one in service.all_alerts}
    for path, text in files.items():
        if path in alerts:
            name = path.removeprefix(f"{naming.RUNBOOKS}/")
            pages[f"{name}/index.html"] = _page(alerts[path].name, text, up="../../")
        elif path.startswith(f"{naming.PROOF_PAGES}/"):
            name = path.removeprefix(f"{naming.PROOF_PAGES}/").removesuffix(".md")
            pages[f"{naming.SITE_PROOFS}/{name}.html"] = _page(f"Proofs of {name}", text, up="../")
    return pages


def _page(title: str, text: str, *, up: str) -> str:
    return _environment().get_template("page.html.j2").render(title=title, up=up, content=html_of(text))


def _index(plan: Plan) -> str:
    services = [
        (one.name, one.team, list(_rows(one.all_alerts))) for one in plan.alerting_services if one.all_alerts
    ]
    count = sum(len(rows) for _, _, rows in services)
    page = _environment().get_template("index.html.j2")
    return page.render(title="Runbooks", services=services, count=count)


def _rows(alerts: tuple[PlannedAlert, ...]) -> Iterator[tuple[str, str, str, str]]:
    for alert in alerts:
        path = alert.runbook_path.removeprefix(f"{naming.RUNBOOKS}/")
        yield alert.name, f"{path}/index.html", alert.severity, alert.comment


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    style, script = _source("site.css"), _source("site.js")
    environment.globals |= {
        "style": style,
        "script": script,
        "style_hash": _policy_hash(style),
        "script_hash": _policy_hash(script),
    }
    return environment


@cache
def _source(name: str) -> str:
    file = resources.files("watchkeeper.backends.runbook_site").joinpath("parts").joinpath(name)
    return file.read_text(encoding="utf-8")


def _policy_hash(text: str) -> str:
    """Return how a content security policy names the text of a style or script."""
    return "sha256-" + base64.b64encode(sha256(text.encode()).digest()).decode()
