"""Free ports for a private stack that runs at the same time as others."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from dataclasses import fields

from watchkeeper.model.stack import LOOPBACK, Ports

# Above what servers commonly use, below what the kernel gives to clients by default.
_LOWEST, _HIGHEST = 20_000, 32_000
_ATTEMPTS = 2_000
_RANDOM = random.SystemRandom()


def free_ports() -> Ports:
    """Return ports that no process listened on a moment ago; raise OSError if there are not enough.

    They are not reserved: if another process takes one first, the stack's start reports it.
    """
    width = len(fields(Ports)) + len(Ports().below_jaeger)
    for _ in range(_ATTEMPTS):
        # A random block, so that two stacks that start together rarely choose the same. The system's generator
        # has no seed that both could share.
        block = range(start := _RANDOM.randrange(_LOWEST, _HIGHEST - width), start + width)
        if all(map(_is_free, block)):
            return _spread(iter(block))
    raise OSError(f"no {width} consecutive ports between {_LOWEST} and {_HIGHEST} are free")


def _spread(block: Iterator[int]) -> Ports:
    # The first ones are Jaeger's secondary ports, just below its own.
    for _ in Ports().below_jaeger:
        next(block)
    jaeger = next(block)
    others = {field.name: next(block) for field in fields(Ports) if field.name != "jaeger"}
    return Ports(jaeger=jaeger, **others)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return False
    return True
