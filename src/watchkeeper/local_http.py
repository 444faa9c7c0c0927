"""A small HTTP client for servers of this machine, and those that the user names; it ignores proxies in the environment."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import ssl
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

_SECONDS = 3.0
_HERE = frozenset({"127.0.0.1", "localhost", "::1"})
NOTHING_LISTENS = "nothing listens"
_UNTRUSTED = "its certificate is not trusted; name the file of another authority in SSL_CERT_FILE"


@dataclass(frozen=True, slots=True)
class Login:
    """How a server of the user's own stack is reached: the user, the file of the password, and whom to trust.

    `server_name` is the name in the certificate, empty for the server's address. `ca_file` is the authority, empty for
    those of the system.
    """

    user: str
    password_file: str
    server_name: str = ""
    ca_file: str = ""


_LOGINS: dict[str, Login] = {}


def remember_login(server: str, login: Login | None) -> None:
    """Use a login for every request to a server, such as `https://127.0.0.1:9090`, from now on; None for none."""
    _LOGINS.pop(server, None)
    if login is not None:
        _LOGINS[server] = login


class NoAnswer(Exception):
    """No server answered, or not as it should; the text is a short reason."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's complete answer."""

    status: int
    reason: str
    body: bytes

    @property
    def is_success(self) -> bool:
        """Return whether the status is 2xx."""
        return 200 <= self.status < 300


def request(url: str, *, method: str = "GET", document: object = None, seconds: float = _SECONDS) -> Answer:
    """Send a request, with a document as JSON, and return the answer; raise NoAnswer when there is none.

    A user and password in the address become basic authentication.
    """
    parts = urlsplit(url)
    target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    body = None if document is None else json.dumps(document).encode()
    login = _LOGINS.get(f"{parts.scheme}://{parts.netloc}")
    headers = (
        _headers(parts)
        | _authorization(parts, login)
        | ({} if body is None else {"Content-Type": "application/json"})
    )
    connection = _connection(parts, seconds, login)
    try:
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        return Answer(response.status, response.reason, _decoded(response))
    except ConnectionRefusedError as error:
        raise NoAnswer(NOTHING_LISTENS) from error
    except ssl.SSLCertVerificationError as error:
        raise NoAnswer(f"{_UNTRUSTED} ({error.verify_message})") from error
    # UnicodeError: a host name with an empty or overlong part.
    except (OSError, EOFError, zlib.error, UnicodeError, http.client.HTTPException) as error:
        raise NoAnswer(str(error) or type(error).__name__) from error
    finally:
        connection.close()


def _connection(parts: SplitResult, seconds: float, login: Login | None) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme != "https":
        return http.client.HTTPConnection(host, parts.port, timeout=seconds)
    if login is None:
        return http.client.HTTPSConnection(host, parts.port, timeout=seconds)
    return _Named(host, parts.port, timeout=seconds, login=login)


class _Named(http.client.HTTPSConnection):
    """A connection that expects another name in the certificate than the address that it connects to."""

    def __init__(self, host: str, port: int | None, *, timeout: float, login: Login) -> None:
        self._name = login.server_name or host
        try:
            self._trusted = ssl.create_default_context(cafile=login.ca_file or None)
        except (OSError, ssl.SSLError) as error:
            raise NoAnswer(f"the authority in {login.ca_file} cannot be read") from error
        super().__init__(host, port, timeout=timeout, context=self._trusted)

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        self.sock = self._trusted.wrap_socket(self.sock, server_hostname=self._name)


def _headers(parts: SplitResult) -> dict[str, str]:
    # On this machine, compressing costs more than it saves.
    return {} if parts.hostname in _HERE else {"Accept-Encoding": "gzip"}


def _authorization(parts: SplitResult, login: Login | None) -> dict[str, str]:
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    elif login is not None:
        pair = f"{login.user}:{_password(login)}"
    else:
        return {}
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _password(login: Login) -> str:
    # Read for each request: it may have changed since.
    try:
        return Path(login.password_file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NoAnswer(f"the password in {login.password_file} cannot be read") from error


def _decoded(response: http.client.HTTPResponse) -> bytes:
    body = response.read()
    return gzip.decompress(body) if response.getheader("Content-Encoding") == "gzip" else body


def get(url: str, *, seconds: float = _SECONDS) -> bytes:
    """Return the body of a 200 answer; raise NoAnswer."""
    answer = request(url, seconds=seconds)
    if answer.status != 200:
        raise NoAnswer(f"answers {answer.status} {answer.reason}")
    return answer.body


def get_json(url: str, *, seconds: float = _SECONDS) -> Any:
    """Return the JSON document of a 200 answer; raise NoAnswer."""
    try:
        return json.loads(get(url, seconds=seconds))
    except ValueError as error:
        raise NoAnswer("answers something that is not JSON") from error


def failure_reason(url: str) -> str:
    """Return why a GET is not answered with 200, or an empty text if it is."""
    try:
        get(url)
    except NoAnswer as error:
        return str(error)
    return ""
