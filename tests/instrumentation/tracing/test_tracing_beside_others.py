"""No request gets two server spans, and the application's exporter gets its spans as without ours, in every order.

The packages are those of the foreign run, in its own environment.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scripts.foreign.suites import PACKAGE, PYTHON, Unavailable, prepare

PROGRAM = Path(__file__).with_name("beside_others.py")
OTHERS = (
    "provider_only",
    "opentelemetrys_instrumentor",
    "opentelemetrys_instrumentor_with_a_provider_of_its_own",
    "opentelemetrys_middleware",
    "starlettes_middleware",
    "fastapis_own_with_a_provider",
    "fastapis_own_from_the_environment",
    "logfires",
)
# With these the process has a provider that ours can join.
GLOBAL = {"provider_only", "opentelemetrys_instrumentor", "opentelemetrys_middleware", "logfires",
          "fastapis_own_from_the_environment"}  # fmt: skip
Case = dict[str, Any]


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    try:
        prepare(print)
    except Unavailable as problem:
        pytest.skip(f"the packages cannot be installed here: {problem}")
    environ = {"PYTHONPATH": str(PACKAGE), "PATH": os.environ["PATH"], "PYDANTIC_DISABLE_PLUGINS": "__all__"}
    done = subprocess.run([PYTHON, PROGRAM], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Skipping FastAPI instrumentation" not in done.stderr
    found: list[Case] = json.loads(done.stdout)
    assert [each["error"] for each in found if "error" in each] == []
    assert len(found) == len(OTHERS) * 5
    return found


def of(cases: list[Case], other: str, way: str | None) -> list[Case]:
    return [each for each in cases if (each["other"], each["way"]) == (other, way)]


@pytest.mark.parametrize("other", OTHERS)
def test_apart_their_exporter_gets_what_it_gets_without_ours(cases: list[Case], other: str) -> None:
    (alone,) = of(cases, other, None)
    assert len(alone["theirs"]) >= 10
    for case in of(cases, other, "apart"):
        assert case["theirs"] == alone["theirs"], case["order"]
        assert len([span for span in case["ours"] if span.endswith("> ours INTERNAL")]) == 5


@pytest.mark.parametrize("other", OTHERS)
def test_joining_their_exporter_gets_every_span_in_whole_traces(cases: list[Case], other: str) -> None:
    (alone,) = of(cases, other, None)
    for case in of(cases, other, "joining"):
        assert not any("unknown" in span for span in case["theirs"]), case["order"]
        assert {name(span) for span in alone["theirs"]} <= {name(span) for span in case["theirs"]}
        if other in GLOBAL:
            assert case["ours"] == [], "their provider sends them to the same collector"
            assert len([span for span in case["theirs"] if name(span) == "ours INTERNAL"]) == 5
        else:
            assert case["theirs"] == alone["theirs"]


@pytest.mark.parametrize("other", OTHERS)
def test_each_request_has_one_server_span_and_is_counted_once(cases: list[Case], other: str) -> None:
    for case in [*of(cases, other, "apart"), *of(cases, other, "joining")]:
        made = [span for span in case["theirs"] + case["ours"] if span.endswith(" SERVER")]
        assert len(made) == 5, (case["way"], case["order"])
        assert (case["answers"], case["counted"]) == ([200] * 5, 5)


def test_spans_of_ours_have_no_secrets_whoever_sends_them(cases: list[Case]) -> None:
    assert {(case["other"], *case["leaked"]) for case in cases} == {(other,) for other in OTHERS}


def name(span: str) -> str:
    return span.rpartition(" > ")[2]
