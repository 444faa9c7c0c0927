"""A sink's address: parse and bind ``HOST:PORT``, with errors that a person can act on."""

from __future__ import annotations

import argparse
import errno
import socket
from dataclasses import dataclass


class AddressError(Exception):
    """An address that is invalid or unusable; its text is one line for the user."""


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port; port 0 asks the system for a free one."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return ``HOST:PORT``, with an IPv6 host in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(value: str) -> Address:
    """Return the address in ``HOST:PORT`` or ``[IPV6]:PORT``; raise AddressError when it is invalid."""
    host, _, port = value.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise AddressError(f"{value!r} is not an address: write HOST:PORT, such as 127.0.0.1:9199")
    return Address(host, int(port))


def address_argument(value: str) -> Address:
    """Return the address of a command line's option; raise what argparse reports for one that is invalid."""
    try:
        return parse_address(value)
    except AddressError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def bind(address: Address, *, option: str) -> socket.socket:
    """Return a listening socket on the address, or raise AddressError naming ``option`` as the remedy."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        listener = socket.create_server((address.host, address.port), family=family)
    except OSError as error:
        raise AddressError(_reason(error, address=address, option=option)) from error
    # Accepted connections inherit it, since asyncio sets it only on its own sockets. Without it each answer
    # waits 40 ms for the sender's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _reason(error: OSError, *, address: Address, option: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{address} is already in use: stop the process that listens there, or choose another port with {option}"
    if error.errno == errno.EACCES:
        return f"{address} is not allowed for this user: choose a port of 1024 or above with {option}"
    # ``create_server`` appends its action to the reason, which this sentence already contains.
    plain = str(error.strerror).partition(" (while ")[0]
    return f"cannot listen on {address} ({plain}): choose another address with {option}"
