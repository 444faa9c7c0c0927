"""Untrusted JSON is kept whole except for its secrets, or refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.sinks.channels import pagerduty, payload, slack, webhook
from watchkeeper.sinks.delivery import Delivery

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
keys = st.sampled_from(
    ["text", "attachments", "title", "fields", "payload", "severity", "alertname", "token"]
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys | st.text(), inner, max_size=4),
    max_leaves=20,
)
objects = st.dictionaries(keys | st.text(), values, max_size=5)


@given(objects)
def test_no_object_breaks_a_sink_and_what_is_accepted_survives_the_journal(value: dict[str, object]) -> None:
    body = json.dumps(value).encode()
    answers = [
        slack.receive(body, received=1.0),
        webhook.receive(body, received=1.0, name="audit"),
        pagerduty.receive(body, received=1.0),
    ]
    for delivery in (answer.delivery for answer in answers if answer.delivery):
        assert delivery == Delivery.from_mapping(json.loads(delivery.to_json()))


@pytest.mark.parametrize(
    "key", ["routing_key", "service_key", "Token", "password", "api_key", "authorization"]
)
def test_a_secret_is_redacted_at_any_depth(key: str) -> None:
    loaded = payload.load(json.dumps({"a": [{"b": {key: "hunter2"}}]}).encode())
    assert {"a": [{"b": {key: "REDACTED"}}]} == loaded


def test_a_short_secret_is_redacted_under_its_key_and_leaves_other_words_alone() -> None:
    loaded = payload.load(b'{"token": "demo", "text": "the demo fails"}')
    assert loaded == {"token": "REDACTED", "text": "the demo fails"}


def test_nesting_is_accepted_up_to_the_bound_and_no_further() -> None:
    at_bound, beyond = (b'{"a":' * depth + b"1" + b"}" * depth for depth in (63, 64))
    assert (payload.load(at_bound) is not None, payload.load(beyond)) == (True, None)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"channel": "fax", "status": "firing", "received": 1, "alerts": [], "raw": {}},
        {"channel": "slack", "status": "firing", "received": "1", "alerts": [], "raw": {}},
        {"channel": "slack", "status": "firing", "received": 1, "alerts": "x", "raw": {}},
    ],
)
def test_what_is_no_delivery_is_not_read_as_one(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not a delivery"):
        Delivery.from_mapping(data)
