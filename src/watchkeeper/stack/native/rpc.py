"""A call to supervisord through the socket in its state folder."""

from __future__ import annotations

import http.client
import socket
import xmlrpc.client
from pathlib import Path

_SECONDS = 60.0


class Fault(Exception):
    """supervisord refused; `code` is its number for the reason."""

    def __init__(self, code: int, text: str) -> None:
        """Keep the number and the text."""
        self.code = code
        super().__init__(text)


class Unreachable(Exception):
    """No supervisord answers at the socket."""


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def call(path: Path, method: str, *arguments: str) -> object:
    """Return the answer of one of supervisord's methods; raise Fault or Unreachable."""
    body = xmlrpc.client.dumps(arguments, methodname=method)
    connection = _Connection(path)
    try:
        connection.request("POST", "/RPC2", body, {"Content-Type": "text/xml"})
        answer = connection.getresponse().read()
        return xmlrpc.client.loads(answer)[0][0]
    except xmlrpc.client.Fault as fault:
        raise Fault(fault.faultCode, fault.faultString) from fault
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(str(error)) from error
    finally:
        connection.close()
