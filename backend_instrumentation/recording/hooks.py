"""What other parts of the package hang onto the counting of requests: an error path and exemplars."""

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
    """The hooks of one application; they cost nothing while they are not set.

    `on_error` is called once for a request that counts as 500 or above, or that let an exception out; a client
    that left is no error. `exemplar` is asked as the last response byte leaves, in the request's own context.
    What a hook raises is swallowed, counted and logged once.
    """

    on_error: list[ErrorHook] = field(default_factory=list)
    exemplar: Exemplar | None = None
