"""Addresses of servers that the user names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


def address_problems(addresses: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each flag whose value is no address of a server; an empty one is not given."""
    from watchkeeper.prometheus_api import address_problem

    for flag, text in addresses.items():
        if text and (problem := address_problem(text)):
            yield f"{flag}: {problem}"
