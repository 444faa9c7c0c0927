"""Takes the beacons of pages and records them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from starlette.types import Receive, Scope, Send

from ..packs.instruments import Instruments
from .address_limiter import AddressLimiter
from .beacon import LARGEST_BODY, Dropped, parse
from .request_body import Gone, TooLarge, body_of, header

_STATUS: Final = {
    "accepted": 204,
    "foreign": 403,
    "too_large": 413,
    "wrong_type": 415,
    "rate_limited": 429,
    "malformed": 400,
    "out_of_bounds": 400,
    "unknown_route": 400,
    "interrupted": 400,
}
# `navigator.sendBeacon` sends text as text/plain, and a Blob as its own type.
_TYPES: Final = (b"application/json", b"text/plain")
_OWN_SITES: Final = (b"", b"same-origin", b"same-site", b"none")


class BeaconRoute:
    """Answers beacons; each is recorded as often as pages that were not sampled stand behind it."""

    def __init__(
        self,
        instruments: Callable[[], Instruments | None],
        routes: frozenset[str],
        *,
        sample_rate: float,
        limiter: AddressLimiter,
    ) -> None:
        self._instruments = instruments
        self._routes = routes
        self._weight = 1 / sample_rate
        self._limiter = limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        instruments = self._instruments()
        try:
            result = await self._result(scope, receive, instruments)
        except Dropped as dropped:
            result = str(dropped)
        except TooLarge:
            result = "too_large"
        except Gone:
            result = "interrupted"
        if instruments is not None:
            instruments.web.beacon(result)
        await send(
            {"type": "http.response.start", "status": _STATUS[result], "headers": [(b"content-length", b"0")]}
        )
        await send({"type": "http.response.body", "body": b""})

    async def _result(self, scope: Scope, receive: Receive, instruments: Instruments | None) -> str:
        client, headers = scope.get("client"), scope["headers"]
        # What costs least is checked first.
        if not self._limiter.allows(client[0] if client else ""):
            return "rate_limited"
        if header(headers, b"sec-fetch-site") not in _OWN_SITES:
            return "foreign"
        if not header(headers, b"content-type").lower().startswith(_TYPES):
            return "wrong_type"
        beacon = parse(await body_of(headers, receive, LARGEST_BODY), self._routes)
        if instruments is not None:
            web = instruments.web
            if beacon.load is not None:
                web.page_load(beacon.load, self._weight)
            for vital, seconds in beacon.vitals:
                web.vital(vital, beacon.route, seconds, self._weight)
        return "accepted"
