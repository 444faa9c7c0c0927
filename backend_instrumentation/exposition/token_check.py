"""Protects an endpoint by a bearer token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ..config.metrics_guard import MetricsGuard
from ..guard import Guard, warn

Endpoint = Callable[[Request], Awaitable[Response]]


def guarded(endpoint: Endpoint, protection: MetricsGuard, failures: Guard) -> Endpoint:
    """Return the endpoint behind a token: 401 without a valid one, also when the token cannot be read."""
    if not _has_tokens(protection):
        warn("metrics_guard: there is no token yet, so every scrape is refused with 401")

    async def answer(request: Request) -> Response:
        if _allows(protection, request, failures):
            return await endpoint(request)
        return PlainTextResponse("a bearer token is needed\n", 401, {"WWW-Authenticate": "Bearer"})

    return answer


def _allows(protection: MetricsGuard, request: Request, failures: Guard) -> bool:
    try:
        return protection.allows(request.headers.get("authorization", "").encode("latin-1"))
    except Exception:
        failures.note("reading the token of the metrics")
        return False


def _has_tokens(protection: MetricsGuard) -> bool:
    try:
        return bool(protection.tokens())
    except OSError:
        return False
