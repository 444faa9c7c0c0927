"""The hooks of a counted request: what other parts of the package attach for errors and for exemplars."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.types import Scope

ErrorHook = Callable[[Scope, BaseException | None, str, str, int], None]
"""Called with the request's scope, the exception that left the application, handler, method, status code.

A WebSocket has the method WS and, as it has no answer, the status 500."""
Exemplar = Callable[[Scope], Mapping[str, str] | None] | Callable[[], Mapping[str, str] | None]
"""Returns the exemplar's labels for the request of that scope, which ends now, or None for no exemplar."""


@dataclass(slots=True)
class Hooks:
    """The hooks of one application; an unset hook costs nothing.

    `on_error` is called once for a request that counts as 500 or above or that raised an exception; a client
    that left, and an exception that a handler of the application answers below 500, are no errors. `exemplar` is
    called with the scope, or without arguments, after the last response byte, in the request's own context.
    An exception of a hook is swallowed, counted and logged once.
    """

    on_error: list[ErrorHook] = field(default_factory=list)
    exemplar: Exemplar | None = None


def takes_scope(exemplar: Callable[..., object]) -> bool:
    """Return whether the hook takes the request's scope; a hook without parameters is called without."""
    try:
        inspect.signature(exemplar).bind({})
    except TypeError:
        return False
    except ValueError:  # a builtin that does not tell
        return True
    return True
