"""The HTTP side: routes for senders and for readers of the sinks."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from watchkeeper.sinks import inbox_page
from watchkeeper.sinks.channels import msteams, opsgenie, pagerduty, payload, slack, telegram, webhook
from watchkeeper.sinks.channels.answer import Answer
from watchkeeper.sinks.delivery import CHANNELS, Channel
from watchkeeper.sinks.journal import Journal
from watchkeeper.sinks.modes import Modes, refuse

MAX_BODY_BYTES = 1 << 20

# Only a short plain word is kept: a sender's URL may contain a token instead of a name.
_PLAIN_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}", re.IGNORECASE)

_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Cache-Control": "no-store",
}


class Sinks:
    """The endpoints, sharing one journal and one set of modes."""

    def __init__(self, journal: Journal, *, modes: Modes) -> None:
        """Record into ``journal``, misbehaving as ``modes`` says."""
        self._journal = journal
        self._modes = modes

    async def slack(self, request: Request) -> Response:
        """Accept a Slack incoming-webhook post."""
        kind = request.headers.get("content-type", "")

        def receive(body: bytes) -> Answer:
            return slack.receive(body, received=self._journal.stamp(), content_type=kind)

        return await self._accept(request, channel="slack", receive=receive)

    async def pagerduty(self, request: Request) -> Response:
        """Accept a PagerDuty Events API v2 event."""

        def receive(body: bytes) -> Answer:
            return pagerduty.receive(body, received=self._journal.stamp())

        return await self._accept(request, channel="pagerduty", receive=receive)

    async def webhook(self, request: Request) -> Response:
        """Accept a generic webhook post."""
        name = str(request.path_params["name"])

        def receive(body: bytes) -> Answer:
            return webhook.receive(body, received=self._journal.stamp(), name=name)

        return await self._accept(request, channel="webhook", receive=receive)

    async def msteams(self, request: Request) -> Response:
        """Accept a post to a workflow of Microsoft Teams."""

        def receive(body: bytes) -> Answer:
            return msteams.receive(body, received=self._journal.stamp())

        return await self._accept(request, channel="msteamsv2", receive=receive)

    async def opsgenie(self, request: Request) -> Response:
        """Accept an Opsgenie alert, or the end of one."""
        closed = request.path_params.get("alias")

        def receive(body: bytes) -> Answer:
            return opsgenie.receive(body, received=self._journal.stamp(), closed=closed)

        return await self._accept(request, channel="opsgenie", receive=receive)

    async def telegram(self, request: Request) -> Response:
        """Accept a message of a Telegram bot."""

        def receive(body: bytes) -> Answer:
            return telegram.receive(body, received=self._journal.stamp())

        return await self._accept(request, channel="telegram", receive=receive)

    async def deliveries(self, request: Request) -> Response:
        """List the remembered deliveries, oldest first, or forget them."""
        if request.method == "DELETE":
            return JSONResponse({"forgotten": self._journal.forget()})
        try:
            since, channel = _since(request), _channel(request)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        # The lines are already JSON: joining them avoids decoding and encoding up to 16 MiB.
        lines = self._journal.lines(since=since, channels=[channel] if channel else CHANNELS)
        return Response(f"[{','.join(lines)}]", media_type="application/json")

    async def mode(self, request: Request) -> Response:
        """Set how channels misbehave and return the current modes."""
        body = await _body(request)
        wanted = payload.load(body) if body is not None else None
        try:
            if wanted is None:
                raise ValueError('send a JSON object such as {"slack": "500"}')
            self._modes.set(wanted)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse(self._modes.now())

    async def health(self, _request: Request) -> Response:
        """Report that the sinks are up, what they remember and how they misbehave."""
        mode, refused = self._modes.now(), self._modes.refused()
        remembered = self._journal.counts()
        return JSONResponse({"status": "ok", "deliveries": remembered, "mode": mode, "refused": refused})

    async def index(self, request: Request) -> Response:
        """Show the latest deliveries as a page."""
        try:
            chosen = _channel(request)
        except ValueError as error:
            return PlainTextResponse(str(error), status_code=400)
        lines = self._journal.lines(channels=[chosen] if chosen else inbox_page.PEOPLE)
        shown = inbox_page.render_page(lines, counts=self._journal.counts(), chosen=chosen)
        # A lone surrogate is valid in JSON but cannot be sent as UTF-8.
        return HTMLResponse(shown.encode("utf-8", errors="replace"), headers=_PAGE_HEADERS)

    async def _accept(
        self, request: Request, *, channel: Channel, receive: Callable[[bytes], Answer]
    ) -> Response:
        body = await _body(request)
        if body is None:
            return PlainTextResponse(f"the body is larger than {MAX_BODY_BYTES} bytes", status_code=413)
        refused = await self._modes.refusal(channel)
        # A sender that disconnected during a delay retries, and its message then counts once.
        if await request.is_disconnected():
            return Response(status_code=499)
        answer = refuse(refused) if refused is not None else receive(body)
        if answer.delivery is not None:
            self._journal.record(replace(answer.delivery, receiver=_receiver(request)))
        headers = {"Content-Type": answer.media_type, **answer.headers}
        return Response(answer.body, answer.status, headers=headers)


def create_app(journal: Journal, *, modes: Modes) -> Starlette:
    """Return the ASGI application of all sinks."""
    sinks = Sinks(journal, modes=modes)
    return Starlette(
        routes=[
            Route("/", sinks.index),
            Route("/health", sinks.health),
            Route("/deliveries", sinks.deliveries, methods=["GET", "DELETE"]),
            Route("/mode", sinks.mode, methods=["POST"]),
            Route("/slack/{secret:path}", sinks.slack, methods=["POST"]),
            Route("/pagerduty/v2/enqueue", sinks.pagerduty, methods=["POST"]),
            Route("/webhook/{name}", sinks.webhook, methods=["POST"]),
            Route("/msteamsv2", sinks.msteams, methods=["POST"]),
            Route("/opsgenie/{receiver}/v2/alerts", sinks.opsgenie, methods=["POST"]),
            Route("/opsgenie/{receiver}/v2/alerts/{alias}/close", sinks.opsgenie, methods=["POST"]),
            Route("/telegram/{receiver}/bot{token}/sendMessage", sinks.telegram, methods=["POST"]),
        ]
    )


async def _body(request: Request) -> bytes | None:
    chunks = bytearray()
    try:
        async for chunk in request.stream():
            chunks += chunk
            if len(chunks) > MAX_BODY_BYTES:
                return None
    except ClientDisconnect:
        return b""
    return bytes(chunks)


def _receiver(request: Request) -> str:
    name = str(request.path_params.get("receiver") or request.query_params.get("receiver", ""))
    return name if _PLAIN_NAME.fullmatch(name) else ""


def _since(request: Request) -> float:
    value = request.query_params.get("since") or "0"
    try:
        since = float(value)
    except ValueError:
        since = math.nan
    if not math.isfinite(since):
        raise ValueError(f"since must be Unix seconds, such as 1700000000.5, not {value!r}")
    return since


def _channel(request: Request) -> Channel | None:
    value = request.query_params.get("channel") or None
    if value is not None and value not in CHANNELS:
        raise ValueError(f"channel must be one of {', '.join(CHANNELS)}, not {value!r}")
    return value
