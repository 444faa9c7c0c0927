"""What the spec excludes, the middleware that loads the rendered file does not count."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from backend_instrumentation import instrument
from tests.instrumentation.asgi_driver import call, counted
from watchkeeper.cli import main

SPEC = """\
version: watchkeeper/v1
service: shop
{exclude}slos: [{{name: a, objective: 99%, sli: {{availability: http}}}}]
"""


async def answer(_: Request) -> Response:
    return PlainTextResponse("ok")


def _rendered(folder: Path, exclude: str) -> Path:
    (folder / "spec.yml").write_text(SPEC.format(exclude=exclude))
    assert main(["render", str(folder / "spec.yml"), "--out", str(folder)]) == 0
    return folder / "monitoring/instrumentation/shop.json"


@pytest.mark.parametrize(
    ("exclude", "is_counted"),
    [("", {"/events", "/jobs/{id}", "/pay"}), ('exclude: [/events, "/jobs/{id}"]\n', {"/pay"})],
)
def test_paths_and_templates_are_left_out(exclude: str, is_counted: set[str], tmp_path: Path) -> None:
    config, registry = _rendered(tmp_path, exclude), CollectorRegistry()
    app = Starlette(routes=[Route(path, answer) for path in ("/events", "/jobs/{id}", "/pay")])
    instrument(app, config=config, registry=registry)
    for path in ("/events", "/jobs/7", "/pay"):
        call(app, path)
    assert {handler for _, handler, _ in counted(registry)} == is_counted


def test_a_spec_without_exclusions_has_no_such_key(tmp_path: Path) -> None:
    assert "exclude" not in json.loads(_rendered(tmp_path, "").read_text())
