"""One process for all sinks: it binds both ports before serving either, and stops within a second."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from watchkeeper.sinks.address import Address, bind
from watchkeeper.sinks.app import MAX_BODY_BYTES, create_app
from watchkeeper.sinks.channels.mailserver import MailHandler, listen
from watchkeeper.sinks.journal import Journal
from watchkeeper.sinks.modes import Modes
from watchkeeper.sinks.uvicorn_config import local_config

_GRACE_SECONDS = 0.4


@dataclass(frozen=True, slots=True)
class Settings:
    """Where to listen, where to write, and how long a slow answer takes in seconds."""

    http: Address
    smtp: Address
    journal: Path
    slow_seconds: float = 30.0


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; raise AddressError or OSError before serving when something is wrong."""
    with contextlib.ExitStack() as stack:
        http = stack.enter_context(contextlib.closing(bind(settings.http, option="--http")))
        smtp = stack.enter_context(contextlib.closing(bind(settings.smtp, option="--smtp")))
        journal = stack.enter_context(contextlib.closing(Journal(settings.journal)))
        asyncio.run(_serve(settings, http=http, smtp=smtp, journal=journal))


async def _serve(settings: Settings, *, http: socket.socket, smtp: socket.socket, journal: Journal) -> None:
    modes = Modes(slow_seconds=settings.slow_seconds)
    stop = _stop_signal()
    mail = await listen(MailHandler(journal, modes=modes), on=smtp, max_bytes=MAX_BODY_BYTES)
    server = uvicorn.Server(local_config(create_app(journal, modes=modes)))
    serving = asyncio.create_task(server.serve(sockets=[http]))
    print(
        f"sinks: ready on http://{_name(http)} and smtp://{_name(smtp)}, journal {settings.journal}",
        flush=True,
    )
    await asyncio.wait({serving, asyncio.create_task(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
    mail.close()
    server.should_exit = True
    # What is still open after this, such as half a request, ends with the event loop and is not an error.
    done, _ = await asyncio.wait({serving}, timeout=_GRACE_SECONDS)
    logging.getLogger("uvicorn.error").disabled = True
    for task in done:
        task.result()


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _name(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return str(Address(host, port))
