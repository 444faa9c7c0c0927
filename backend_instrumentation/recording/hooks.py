"""The hooks of a counted request: what other parts of the package attach for errors and for exemplars."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.types import Scope

ErrorHook = Callable[[Scope, BaseException | None, str, str, int], None]
"""Called with the request's scope, the exception that left the application, handler, method, status code."""
Exemplar = Callable[[], Mapping[str, str] | None]
"""Returns the exemplar's labels for the request that ends now, or None for no exemplar."""


@dataclass(slots=True)
class Hooks:
    """The hooks of one application; an unset hook costs nothing.

    `on_error` is called once for a request that counts as 500 or above or that raised an exception; a client
    that left is not an error. `exemplar` is called after the last response byte, in the request's own context.
    An exception of a hook is swallowed, counted and logged once.
    """

    on_error: list[ErrorHook] = field(default_factory=list)
    exemplar: Exemplar | None = None
