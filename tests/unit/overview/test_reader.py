"""The reader against servers that answer, do not, or answer something else; and how many requests it sends."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from typing import Any

import pytest

from tests.unit.overview.answers import Answer, samples, server, vector
from watchkeeper.local_http import NoAnswer, request
from watchkeeper.overview.objective_rows import BUDGETS_QUERY, WINDOWS_QUERY
from watchkeeper.overview.reader import Addresses, Reader
from watchkeeper.overview.snapshot import FAULT, UNREACHABLE, WELL
from watchkeeper.overview.target_rows import DOWN_QUERY
from watchkeeper.prometheus_api import Sample, address_problem, instant, over_time, shown

MANY = [
    one for number in range(1000) for one in samples(f"slo-{number}", burn_1h=2.0 if number == 7 else 0.1)
]
WINDOWS = [
    Sample({"__name__": "slo:error_ratio:30d", "slo_id": f"checkout-slo-{number}"}, 1.0)
    for number in range(1000)
]
QUERIES = {
    BUDGETS_QUERY: MANY,
    WINDOWS_QUERY: WINDOWS,
    'count_values by (job, service) ("up", up)': [
        Sample({"job": "shop", "service": "checkout", "up": "1"}, 2.0)
    ],
    DOWN_QUERY: [],
}


OF_ALERTMANAGER = ("/api/v2/alerts", "/api/v2/silences")


def healthy(asked: Counter[str]) -> Answer:
    def answer(path: str, parameters: dict[str, str]) -> tuple[int, Any]:
        asked[path] += 1
        if path == "/api/v1/alerts":
            return 200, {"status": "success", "data": {"alerts": []}}
        if path in OF_ALERTMANAGER:
            return 200, []
        return 200, vector(QUERIES.get(parameters.get("query", ""), []))

    return answer


def test_a_thousand_objectives_take_nine_requests_and_later_eight() -> None:
    asked: Counter[str] = Counter()
    with server(healthy(asked)) as url:
        reader = Reader(Addresses(url, url))
        seen = reader.read()
        assert (len(seen.objectives), seen.verdict, seen.up) == (1000, FAULT, 2)
        assert (seen.objectives[0].slo_id, seen.objectives[0].window) == ("checkout-slo-7", "30d")
        assert asked == {"/api/v1/query": 6, "/api/v1/alerts": 1, **dict.fromkeys(OF_ALERTMANAGER, 1)}
        reader.read()
        assert asked == {"/api/v1/query": 11, "/api/v1/alerts": 2, **dict.fromkeys(OF_ALERTMANAGER, 2)}


def test_silences_that_mute_no_alert_now_are_kept_apart() -> None:
    def silence(name: str, state: str) -> dict[str, Any]:
        times = {"startsAt": "2026-01-01T00:00:00Z", "endsAt": "2026-01-01T02:00:00Z"}
        matcher = {"name": "alertname", "value": name, "isRegex": False, "isEqual": True}
        who = {"createdBy": "ann", "comment": "why"}
        return {"id": f"{name}-{state}", "matchers": [matcher], "status": {"state": state}, **times, **who}

    given = {
        "labels": {"alertname": "A"},
        "status": {"state": "suppressed", "silencedBy": ["A-active"], "inhibitedBy": [], "mutedBy": []},
        "receivers": [{"name": "chat"}],
    }
    answers: dict[str, Any] = {
        "/api/v2/alerts": [given],
        "/api/v2/silences": [
            silence("A", "active"),
            *(silence("B", s) for s in ("active", "pending", "expired")),
        ],
    }
    with server(lambda path, _: (200, answers.get(path, {}))) as url:
        assert [one.id for one in Reader(Addresses(url, url)).read().unused] == ["B-active"]


def test_a_source_that_stops_keeps_its_last_answer_and_its_age() -> None:
    now = [100.0]
    with server(healthy(Counter())) as url:
        reader = Reader(Addresses(url), clock=lambda: now[0])
        assert reader.read().verdict == FAULT
    now[0] = 140.0
    seen = reader.read()
    (source,) = seen.sources
    assert (len(seen.objectives), seen.verdict) == (1000, UNREACHABLE)
    assert (source.answered, source.problem, seen.time) == (100.0, "nothing listens", 140.0)


def test_without_alertmanager_all_else_is_well() -> None:
    quiet = {**QUERIES, BUDGETS_QUERY: samples("a")}

    def answer(path: str, parameters: dict[str, str]) -> tuple[int, Any]:
        if path == "/api/v1/alerts":
            return 200, {"status": "success", "data": {"alerts": []}}
        return 200, vector(quiet.get(parameters.get("query", ""), []))

    with server(answer) as url:
        seen = Reader(Addresses(url, "http://127.0.0.1:1")).read()
    assert [(one.name, one.problem) for one in seen.sources] == [
        ("Prometheus", ""),
        ("Alertmanager", "nothing listens"),
    ]
    assert seen.verdict == WELL


def test_a_store_without_a_list_of_alerts_has_their_series() -> None:
    firing = {"__name__": "ALERTS", "alertname": "Burns", "alertstate": "firing", "severity": "critical"}

    def answer(path: str, parameters: dict[str, str]) -> tuple[int, Any]:
        if path == "/api/v1/alerts":
            return 404, b"not here"
        return 200, vector([Sample(firing, 1.0)] if parameters["query"] == "ALERTS" else [])

    with server(answer) as url:
        assert [alert.name for alert in Reader(Addresses(url)).read().alerts] == ["Burns"]


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (200, b"<html>", "answers something that is not JSON"),
        (
            200,
            {"status": "success", "data": {"result": 3}},
            "answers a query with something that is no vector",
        ),
        (200, {"status": "success", "data": None}, "answers a query with something that is no vector"),
        (200, [], "answers 200 OK"),
        (502, b"", "answers 502 Bad Gateway"),
        (401, {"error": "no"}, "answers 401 Unauthorized: no"),
        (400, {"status": "error", "error": "parse error"}, "answers 400 Bad Request: parse error"),
    ],
)
def test_what_is_no_prometheus_is_a_problem_and_no_crash(status: int, body: Any, reason: str) -> None:
    with server(lambda *_: (status, body)) as url:
        (source,) = Reader(Addresses(url)).read().sources
        with pytest.raises(NoAnswer, match=r"^answers "):
            over_time(url, "up", start=0, end=1, step=1)
    assert source.problem == reason


def test_alerts_in_another_form_are_a_problem_and_no_crash() -> None:
    def answer(path: str, _: dict[str, str]) -> tuple[int, Any]:
        odd = {"status": "success", "data": {"alerts": [{"labels": None}]}}
        return 200, odd if path == "/api/v1/alerts" else vector([])

    with server(answer) as url:
        (source,) = Reader(Addresses(url)).read().sources
    assert source.problem == "answers in another form than its API"


def test_an_address_may_have_a_user_a_path_and_no_password_on_the_screen() -> None:
    assert address_problem("https://user:secret@prometheus.example.com:9090/path") == ""
    assert shown("https://user:secret@prometheus.example.com/path") == "https://prometheus.example.com/path"
    for text in (
        "localhost:9090",
        "ftp://x",
        "http://",
        "http://x:99999",
        "http://[::1",
        "http://x/?a=1",
        "http://a b",
    ):
        assert text in address_problem(text)
        assert "write http://localhost:9090" in address_problem(text)
    assert "secret" not in address_problem("ftp://user:secret@x")


def test_a_user_in_the_address_is_basic_authentication(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    seen: list[str | None] = []
    # Only servers elsewhere are asked for compressed answers.
    monkeypatch.setattr("watchkeeper.local_http._HERE", frozenset())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.extend((self.headers["Authorization"], self.headers["Accept-Encoding"]))
            body = gzip.compress(json.dumps(vector([Sample({"a": "b"}, 2.0)])).encode())
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing on the terminal."""

    with HTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.handle_request, daemon=True).start()
        found = instant(f"http://us%40er:pass@127.0.0.1:{running.server_port}", "x")
    assert (found, seen) == ([Sample({"a": "b"}, 2.0)], ["Basic dXNAZXI6cGFzcw==", "gzip"])


def test_a_wrong_host_or_certificate_is_no_answer() -> None:
    with server(lambda *_: (200, {})) as url, pytest.raises(NoAnswer):
        request(url.replace("http://", "https://"))
    for url in ("http://.", f"http://{'a' * 70}.example"):
        with pytest.raises(NoAnswer):
            request(url)
