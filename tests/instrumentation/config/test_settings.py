"""instrumentation.json is found in a fixed order; a file that cannot be used is one warning and no harm."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend_instrumentation import contract
from backend_instrumentation.config.declared_families import ConfigError
from backend_instrumentation.config.settings import Settings, load, parse

SCHEMA = json.loads((Path(contract.__file__).parent / "instrumentation.schema.json").read_text())
FULL: dict[str, Any] = {
    "version": 1,
    "service": "checkout",
    "packs": ["http", "sandbox"],
    "buckets": {"http_request_duration_seconds": [0.5, 0.2, 2, 0.5]},
    "allowed": {"ai_tokens_total": {"model": ["small"]}},
    "metrics": [
        {"name": "orders_total", "type": "counter", "labels": ["channel"], "help": "Orders placed."},
        {"name": "queue_oldest_seconds", "type": "gauge"},
        {"name": "basket_bytes", "type": "histogram", "buckets": [10, 100], "allowed": {}},
    ],
    "exclude": ["/internal/ping"],
    "max_handlers": 50,
    "metrics_path": "/internal/metrics",
    "health_path": None,
    "labels": {"region": "eu"},
    "status_groups": True,
}


def write(folder: Path, service: str, name: str = "instrumentation.json") -> Path:
    path = folder / name
    path.write_text(json.dumps({**FULL, "service": service}))
    return path


def test_the_argument_comes_before_the_environment_before_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    named = {"INSTRUMENTATION_CONFIG": str(write(tmp_path, "environment", "environment.json"))}
    argument = write(tmp_path, "argument", "argument.json")
    assert load(environ={}).service == ""
    write(tmp_path, "folder")
    assert load(environ={}).service == "folder"
    assert load(environ=named).service == "environment"
    assert load(argument, environ=named).service == "argument"
    assert load(str(argument)).service == "argument"
    assert load(Settings(service="made"), environ=named).service == "made"


def test_every_key_has_its_effect() -> None:
    settings = parse(FULL)
    families = {family.name: family for family in settings.families}
    assert families["http_request_duration_seconds"].buckets == (0.2, 0.5, 2.0)
    assert families["orders_total"].labels == ("channel",)
    assert families["orders_total"].help == "Orders placed."
    assert families["queue_oldest_seconds"].unit == "seconds"
    assert families["basket_bytes"].buckets == (10.0, 100.0)
    assert "sandbox_executions_total" in families
    assert "ai_tokens_total" not in families
    assert (settings.service, settings.exclude, settings.max_handlers) == (
        "checkout",
        frozenset({"/internal/ping"}),
        50,
    )
    assert families["http_requests_total"].labels == ("method", "handler", "status_code", "region")
    assert families["http_requests_in_progress"].labels == ()
    assert (settings.labels, settings.status_groups) == ((("region", "eu"),), True)
    assert (settings.metrics_path, settings.health_path) == ("/internal/metrics", None)


def test_without_packs_the_defaults_apply() -> None:
    assert parse({"version": 1}) == Settings()


def test_the_schema_accepts_the_whole_file_and_knows_the_contracts_packs() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(FULL, SCHEMA)
    assert tuple(SCHEMA["properties"]["packs"]["items"]["enum"]) == contract.PACKS
    examples = {key: value["examples"] for key, value in SCHEMA["properties"].items() if "examples" in value}
    for key, values in examples.items():
        for value in values:
            jsonschema.validate({"version": 1, key: value}, SCHEMA)
            parse({"version": 1, key: value})


def metric(**changes: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": "x_total", "type": "counter", **changes}
    return {"metrics": [entry]}


BROKEN: list[tuple[Any, str]] = [
    ([], "the top level must be an object"),
    ({"version": 2}, "version is 2, this package reads 1"),
    ({"version": None}, "version is None"),
    ({"service": 7}, "service must be a string"),
    ({"packs": "http"}, "packs must be a list"),
    ({"buckets": []}, "buckets must be an object"),
    ({"allowed": 7}, "allowed must be an object"),
    ({"metrics": {}}, "metrics must be a list"),
    ({"exclude": "/x"}, "exclude must be a list of strings"),
    ({"max_handlers": 0}, "max_handlers must be a whole number above 0"),
    ({"max_handlers": True}, "max_handlers must be"),
    ({"status_groups": 1}, "status_groups must be true or false"),
]
HTTP_LATENCY = "http_request_duration_seconds"
LEFT_OUT: list[tuple[Any, str]] = [
    ({"exclude": ["re:("]}, "exclude: 're:(' is no regular expression"),
    ({"exclude": ["^/x"]}, "exclude: '^/x' is no path; write 're:^/x' for a regular expression"),
    ({"labels": []}, "labels: [] is no mapping of label names to values"),
    ({"labels": {"region": None}}, "labels: 'region' needs a text, not None"),
    (
        {"metrics_path": 7},
        "metrics_path: 7 is no path; write one such as /metrics, or none at all (null, None)",
    ),
    ({"health_path": "live"}, "health_path: 'live' is no path; write one such as /health"),
    ({"health_path": "/metrics"}, "metrics_path and health_path are both '/metrics': they must differ"),
    ({"packs": ["web3"]}, "pack 'web3': there are http, system"),
    ({"packs": [["http"]]}, "pack ['http']: there are"),
    ({"buckets": {"nothing_seconds": [1]}}, "buckets: 'nothing_seconds' is not in the contract"),
    ({"buckets": {"http_requests_total": [1]}}, "buckets: 'http_requests_total' is not a histogram"),
    ({"buckets": {HTTP_LATENCY: []}}, "must be a list of numbers"),
    ({"buckets": {HTTP_LATENCY: ["1"]}}, "'1', which is not a finite number"),
    ({"buckets": {HTTP_LATENCY: [True]}}, "True, which is not a finite number"),
    ({"buckets": {HTTP_LATENCY: [float("inf")]}}, "inf, which is not a finite number"),
    ({"allowed": {"http_requests_total": {"route": ["/"]}}}, "'http_requests_total' has no label 'route'"),
    ({"allowed": {"http_requests_total": {"handler": []}}}, "must be a list of strings"),
    ({"metrics": [7]}, "metrics[0]: it must be an object"),
    (metric(name="7x_total"), "metrics[0]: '7x_total' is not a metric name"),
    (metric(name="x"), "the name of the counter 'x' must end in _total"),
    (metric(type="summary"), "the type of 'x_total' must be one of: counter, gauge, histogram"),
    (metric(type=[]), "must be one of: counter"),
    (metric(help=7), "the help of 'x_total' must be a string"),
    (metric(labels="a"), "the labels of 'x_total' must be a list"),
    (metric(labels=["__a"]), "'__a' cannot be a label"),
    (metric(labels=["a b"]), "'a b' cannot be a label"),
    (metric(labels=["a", "a"]), "repeat one"),
    (metric(name="x_seconds", type="histogram", labels=["le"]), "'le' cannot be a label"),
    (metric(name="http_requests_total"), "'http_requests_total' is defined twice"),
    ({"metrics": 2 * metric()["metrics"]}, "metrics[1]: 'x_total' is defined twice"),
]


@pytest.mark.parametrize(("document", "message"), BROKEN, ids=[message for _, message in BROKEN])
def test_a_broken_document_is_refused_by_name(document: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse({"version": 1, **document} if isinstance(document, dict) else document)
    assert message in str(caught.value)


@pytest.mark.parametrize(("document", "message"), LEFT_OUT, ids=[message for _, message in LEFT_OUT])
def test_a_broken_entry_is_left_out_by_name_and_the_rest_stands(
    document: dict[str, Any], message: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "instrumentation.json"
    rest = {"name": "rest_total", "type": "counter"}
    path.write_text(
        json.dumps({"version": 1, "packs": [], **document, "metrics": [*document.get("metrics", []), rest]})
    )
    settings = load(path)
    assert "rest_total" in [each.name for each in settings.families]
    (record,) = caplog.records
    assert record.getMessage().startswith(f"{path}: left out: ")
    assert message in record.getMessage()


def test_buckets_and_label_sets_of_one_family_go_together() -> None:
    (changed,) = (
        each
        for each in parse(
            {
                "version": 1,
                "packs": ["ai"],
                "buckets": {"ai_response_duration_seconds": [3, 4]},
                "allowed": {"ai_response_duration_seconds": {"model": ["small"]}},
            }
        ).families
        if each.name == "ai_response_duration_seconds"
    )
    assert (changed.buckets, changed.allowed) == ((3.0, 4.0), (("model", ("small",)),))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"null", b'{"version": 2}', b"[" * 100_000, b'{"version": 1, "packs": 7}'],
    ids=["empty", "cut", "not UTF-8", "null", "newer", "deep", "broken key"],
)
def test_a_file_that_cannot_be_used_is_one_warning_and_the_defaults(
    content: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "instrumentation.json"
    path.write_bytes(content)
    assert load(path, packs=("web",)) == Settings(families=contract.families(("web",)))
    (record,) = caplog.records
    assert record.getMessage().startswith(f"{path} cannot be used, running on the defaults: ")
    assert record.exc_info is None


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_a_file_that_is_not_there_is_one_warning_and_the_defaults(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert load(tmp_path / name) == Settings()
    assert len(caplog.records) == 1


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["x_total", "http", "counter", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "type", "labels", "allowed", "buckets", "a"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)
KEYS = [
    "service",
    "packs",
    "buckets",
    "allowed",
    "metrics",
    "exclude",
    "max_handlers",
    "metrics_path",
    "health_path",
    "unknown",
]


@given(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=4))
def test_any_document_is_read_or_refused_with_a_sentence(document: dict[str, Any]) -> None:
    try:
        assert parse({"version": 1, **document}).families is not None
    except ConfigError as error:
        assert str(error)
