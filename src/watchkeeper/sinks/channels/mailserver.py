"""The SMTP side: accepts one message at a time from a sender and records it decoded."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from aiosmtpd.smtp import SMTP, Envelope, Session

from watchkeeper.sinks.channels import mail
from watchkeeper.sinks.journal import Journal
from watchkeeper.sinks.modes import Modes, refuse_mail

_IDLE_SECONDS = 60.0


class MailHandler:
    """Records each complete message unless the mode refuses it."""

    def __init__(self, journal: Journal, *, modes: Modes) -> None:
        """Record into ``journal``, misbehaving as ``modes`` says."""
        self._journal = journal
        self._modes = modes

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Answer the end of a message; aiosmtpd calls this method by its name."""
        refused = await self._modes.refusal("email")
        if refused is not None:
            return refuse_mail(refused)
        content = envelope.content or b""
        data = content if isinstance(content, bytes) else content.encode()
        delivery = mail.decode(data, recipients=envelope.rcpt_tos, received=self._journal.stamp())
        self._journal.record(delivery)
        return "250 2.0.0 Message accepted"


async def listen(handler: MailHandler, *, on: socket.socket, max_bytes: int) -> asyncio.Server:
    """Serve SMTP on a bound socket; messages over ``max_bytes`` are refused with 552."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(_protocol(handler, loop=loop, max_bytes=max_bytes), sock=on)


def _protocol(
    handler: MailHandler, *, loop: asyncio.AbstractEventLoop, max_bytes: int
) -> Callable[[], asyncio.Protocol]:
    def new() -> SMTP:
        # Without a host name aiosmtpd asks the resolver for one, which can block for seconds.
        return SMTP(
            handler,
            data_size_limit=max_bytes,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="watchkeeper mail sink",
            timeout=_IDLE_SECONDS,
            loop=loop,
        )

    return new
