"""A canary in every place where secrets travel never reaches a span, and what is harmless stays readable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI, Request
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from backend_instrumentation import instrument
from backend_instrumentation.config.settings import Settings
from backend_instrumentation.redaction import is_secret, redacted_text
from backend_instrumentation.tracing.calls.arguments import described
from backend_instrumentation.tracing.calls.sql import without_literals

from ..asgi_driver import call
from ..spans_kept import kept_spans

CANARY = "canary7f3a"


@dataclass
class Login:
    user: str
    password: str


class Query:
    """An object whose text must not be asked for: a lazy query would run."""

    def __repr__(self) -> str:
        raise AssertionError("it was asked for its text")

    __str__ = __repr__

    def __iter__(self) -> Any:
        raise AssertionError("it was iterated")


@pytest.mark.parametrize(
    "value",
    [
        {"headers": {"Authorization": f"Bearer {CANARY}", "X-Api-Key": CANARY, "Set-Cookie": f"a={CANARY}"}},
        {"headers": [("cookie", f"sid={CANARY}"), (b"authorization", CANARY.encode())]},
        {"a": [{"b": ({"client_secret": CANARY},)}]},
        [Login("ada", CANARY)],
        f"https://ada:{CANARY}@host/path?token={CANARY}&{CANARY}",
        f"postgres://ada:{CANARY}@db/x",
        f"password={CANARY}; next",
        f'{{"api_key": "{CANARY}", "page": 1}}',
        f"Authorization: Basic {CANARY}",
        f"Cookie: a={CANARY}; b={CANARY}",
        f"eyJhbGciOi.eyJzdWIi{CANARY}.{CANARY}",
        {"callback": f"/done?code={CANARY}&password={CANARY}"},
    ],
)
def test_no_secret_is_left_in_an_argument(value: object) -> None:
    text = str(described("value", value))
    assert CANARY not in text.replace(f"code={CANARY}", "")
    assert len(text) <= 256


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        *(
            (name, True)
            for name in ("password", "dbPassword", "user_passwd", "API_KEY", "apiKey", "X-Auth-Token")
        ),
        *(
            (name, True)
            for name in ("Set-Cookie", "clientSecret", "sessionid", "private_key", "Proxy-Authorization")
        ),
        *(
            (name, False)
            for name in ("author", "key", "primary_key", "monkey", "token_count", "page", "secretary")
        ),
    ],
)
def test_names_that_mark_a_secret(name: str, secret: bool) -> None:
    assert is_secret(name) is secret


def test_counts_of_tokens_are_no_secrets() -> None:
    assert described("prompt_tokens", 12) == 12
    assert described("tokens", [CANARY]) == "[redacted]"


def test_an_object_is_named_and_not_asked() -> None:
    assert described("query", Query()) == "<Query>"
    assert described("queries", [Query(), b"12345"]) == "[<Query>, <5 bytes>]"


@given(
    st.recursive(
        st.none() | st.integers() | st.floats() | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_any_value_gives_a_short_attribute(value: object) -> None:
    shown = described("value", value)
    assert not isinstance(shown, str) or len(shown) <= 256
    assert isinstance(shown, str | bool | int | float)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("SELECT a FROM t WHERE b = 'x' AND c = 12", "SELECT a FROM t WHERE b = ? AND c = ?"),
        ("select * from t where a in (1, 2,3) limit 10", "select * from t where a in (?) limit ?"),
        ("INSERT INTO t VALUES ('it''s', -1.5e3, 0xFF, N'x')", "INSERT INTO t VALUES (?, -?, ?, ?)"),
        (
            'SELECT * FROM "users" u JOIN "o"."x" ON u.n = "bob"',
            'SELECT * FROM "users" u JOIN "o"."x" ON u.n = ?',
        ),
        ("SELECT $$body$$, $t$it's$t$, $1, :name, %s, t1.c2", "SELECT ?, ?, $1, :name, %s, t1.c2"),
        ("SELECT 1 -- secret\n/* secret */ FROM `t2`", "SELECT ? FROM `t2`"),
        ("SELECT 'never closed", "SELECT ?"),
        (r"SELECT 'a\' , 'b'", "SELECT ?"),
    ],
)
def test_literals_leave_a_query(query: str, shown: str) -> None:
    assert without_literals(query) == shown


@given(st.text(alphabet="ab'\"\\$-/*# \n1(),=;", max_size=40), st.sampled_from(["'", "E'", "N'"]))
def test_a_string_at_the_end_of_any_query_is_gone(before: str, quote: str) -> None:
    # With an even number of quotes before it, and no backslash, comment or dollar quote, a string begins here.
    plain = before.replace("\\", "").replace("$", "").replace("-", "").replace("/", "").replace("#", "")
    plain = plain.replace('"', "").replace("'", "''") if plain.count("'") % 2 else plain.replace('"', "")
    assert CANARY not in without_literals(f"SELECT {plain} , {quote}{CANARY}'")


def test_text_without_secrets_stays_as_it_is() -> None:
    text = "order 17 of ada: 3 items, token expired, see https://host/a/b for more"
    assert redacted_text(text) == text


async def starlette_page(request: Request) -> Response:
    trace.get_current_span().set_attribute("session", f"token={CANARY}")
    return PlainTextResponse("ok")


@pytest.mark.parametrize("kind", [FastAPI, Starlette])
def test_requests_with_secrets_leave_none_in_their_spans(kind: type[Starlette]) -> None:
    app = kind()
    app.router.routes.append(Route("/a/{b}", starlette_page))
    with kept_spans() as (manager, kept):
        handle = instrument(app, registry=CollectorRegistry(), config=Settings(), tracing=manager)
        headers = [("authorization", f"Bearer {CANARY}"), ("cookie", f"sid={CANARY}"), ("x-token", CANARY)]
        assert call(app, f"/a/1?password={CANARY}&q={CANARY}&{CANARY}", headers=headers).status == 200
        assert manager.flush(30)
        handle.uninstrument()
    (span,) = kept.spans
    assert span.attributes is not None
    assert span.attributes["url.query"] == "password=[redacted]&q=[redacted]&[redacted]"
    assert CANARY not in span.to_json()
