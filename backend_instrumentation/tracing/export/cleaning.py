"""Removes secrets from finished spans, whoever put them there, before the spans leave the process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Link, Status

from ...redaction import redacted_query, redacted_text, redacted_url, redacted_value

_QUERIES: Final = frozenset({"url.query"})
_URLS: Final = frozenset({"http.target", "http.url", "url.full", "url.path"})
_CLEAN: Final = frozenset({"db.query.text"})  # its literals are gone already, and `?` is no URL query in it

Attributes = Mapping[str, Any]


def cleaned(span: ReadableSpan) -> ReadableSpan:
    """Return a copy of the span without secrets in its name, attributes, events, links and status."""
    status = span.status
    description = redacted_text(status.description) if status.description else None
    return ReadableSpan(
        name=redacted_text(span.name),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=clean_attributes(span.attributes),
        events=[Event(each.name, clean_attributes(each.attributes), each.timestamp) for each in span.events],
        links=[Link(each.context, clean_attributes(each.attributes)) for each in span.links],
        kind=span.kind,
        status=Status(status.status_code, description),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def clean_attributes(attributes: Attributes | None) -> dict[str, Any]:
    """Return the attributes without secrets."""
    return {name: _attribute(name, value) for name, value in (attributes or {}).items()}


def _attribute(name: str, value: Any) -> Any:
    value = redacted_value(name, value)
    if isinstance(value, str):
        return _text(name, value)
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_text(name, each) if isinstance(each, str) else each for each in value]
    return value


def _text(name: str, value: str) -> str:
    if name in _QUERIES:
        return redacted_query(value)
    if name in _URLS:
        return redacted_url(value)
    return value if name in _CLEAN else redacted_text(value)
