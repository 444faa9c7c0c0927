"""The server of the front page and the runbooks: it answers GET only, and only under names of this machine."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from watchkeeper.front_page.front_page_html import policy
from watchkeeper.front_page.known_spec import KnownSpec
from watchkeeper.front_page.live_page import LivePage
from watchkeeper.front_page.live_tables import RUNBOOKS
from watchkeeper.front_page.password_guard import PasswordGuard
from watchkeeper.local_http import Login, NoAnswer, remember_login
from watchkeeper.model.stack_access import CERT_FILE, KEY_FILE, OWN_USER, PASSWORD_FILE, USERS_FILE
from watchkeeper.overview.reader import Addresses
from watchkeeper.sinks.address import Address, bind
from watchkeeper.sinks.uvicorn_config import local_config

_GRACE_SECONDS = 1
_SPEC_SECONDS = 10.0
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


Link = tuple[str, str, int, str]


@dataclass(frozen=True, slots=True)
class PageAccess:
    """The folder of `stack.access`; with TLS, the name in the certificate. `ca_file` is a private authority."""

    folder: Path
    server_name: str = ""
    ca_file: str = ""

    @property
    def login(self) -> Login:
        """Return how this program logs in to the other servers."""
        return Login(OWN_USER, str(self.folder / PASSWORD_FILE), self.server_name, self.ca_file)


@dataclass(frozen=True, slots=True)
class Settings:
    """Where to listen and to read, under which names, and what to link to: name, scheme, port and path of servers."""

    http: Address
    prometheus: str
    alertmanager: str = ""
    sinks: str = ""
    spec: Path | None = None
    hosts: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    access: PageAccess | None = None


class FrontPage:
    """The routes of the page."""

    def __init__(self, settings: Settings) -> None:
        """Begin to read the spec; no server is asked yet."""
        self._known = KnownSpec(settings.spec)
        at = Addresses(settings.prometheus, settings.alertmanager, settings.sinks)
        self._page = LivePage(at, self._known, settings.links)

    # Plain functions: each runs in a thread, so that a server that hangs delays no other answer.
    def front(self, request: Request) -> Response:
        """Show the page."""
        # The name by which this reader reaches the machine, such as that of a tunnel.
        page = self._page.html(request.url.hostname or "localhost")
        return _html(page, {"Content-Security-Policy": policy()})

    def report(self, _request: Request) -> Response:
        """Show the whole report."""
        try:
            return _html(self._page.report_html())
        except NoAnswer as error:
            return PlainTextResponse(f"There is no report: {error}\n", status_code=503, headers=_HEADERS)

    def runbook(self, request: Request) -> Response:
        """Show a page of the runbooks; a folder's address ends in a slash, as on any web server."""
        pages = self._known.wait(_SPEC_SECONDS).runbooks
        path = request.path_params["path"]
        name = f"{path.rstrip('/')}/index.html".lstrip("/")
        if (path.endswith("/") or not path) and name in pages:
            return _html(pages[name])
        if name in pages:
            return RedirectResponse(f"{request.url.path}/", status_code=308, headers=_HEADERS)
        if path in pages:
            kind = HTMLResponse if path.endswith(".html") else PlainTextResponse
            return kind(pages[path], headers=_HEADERS)
        if not path and "README.md" in pages:
            return PlainTextResponse(pages["README.md"], headers=_HEADERS)
        return PlainTextResponse("There is no such runbook.\n", status_code=404, headers=_HEADERS)

    def index(self, _request: Request) -> Response:
        """Lead to the list of the runbooks."""
        return RedirectResponse(RUNBOOKS, status_code=308, headers=_HEADERS)

    def health(self, _request: Request) -> Response:
        """Report that the server is up."""
        return PlainTextResponse("ok\n")


def create_app(settings: Settings) -> Starlette:
    """Return the ASGI application."""
    page, access = FrontPage(settings), settings.access
    if access is not None:
        for server in (settings.prometheus, settings.alertmanager):
            remember_login(server, access.login)
    # Another site's page could otherwise read this one through a name of its own that leads to 127.0.0.1.
    hosts = ["127.0.0.1", "localhost", settings.http.host, *settings.hosts]
    return Starlette(
        routes=[
            Route("/", page.front),
            Route("/report", page.report),
            Route("/health", page.health),
            Route(f"{RUNBOOKS.rstrip('/')}", page.index),
            Route(f"{RUNBOOKS}{{path:path}}", page.runbook),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False),
            *([Middleware(PasswordGuard, users=access.folder / USERS_FILE)] if access else []),
        ],
    )


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; raise AddressError when the address is unusable."""
    with contextlib.closing(bind(settings.http, option="--http")) as listener:
        server = uvicorn.Server(_config(create_app(settings), settings.access))
        host, port = listener.getsockname()[:2]
        scheme = "https" if settings.access and settings.access.server_name else "http"
        print(f"front page: ready on {scheme}://{Address(host, port)}", flush=True)
        server.run(sockets=[listener])


def _config(app: Starlette, access: PageAccess | None) -> uvicorn.Config:
    tls = access is not None and access.server_name
    return local_config(
        app,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        ssl_certfile=access.folder / CERT_FILE if access and tls else None,
        ssl_keyfile=access.folder / KEY_FILE if access and tls else None,
    )


def _html(text: str, headers: Mapping[str, str] | None = None) -> Response:
    # A lone surrogate, which JSON may contain, cannot be sent as UTF-8.
    return HTMLResponse(text.encode("utf-8", errors="replace"), headers={**_HEADERS, **(headers or {})})
