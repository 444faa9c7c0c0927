"""Adds the trace's headers to the `headers` that a function takes, without touching its caller's object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .arguments import signature_of

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


def injector(
    function: Callable[..., Any],
) -> Callable[[tuple[Any, ...], dict[str, Any], dict[str, str]], Arguments]:
    """Return a function that adds headers to a call's arguments; a function without `headers` gets none."""
    signature = signature_of(function)
    takes = signature is not None and "headers" in signature.parameters

    def inject(args: tuple[Any, ...], kwargs: dict[str, Any], headers: dict[str, str]) -> Arguments:
        # A function with **kwargs may pass them anywhere: only headers that the caller gave are extended.
        if not takes and "headers" not in kwargs:
            return args, kwargs
        if not takes or signature is None:
            return args, {**kwargs, "headers": _joined(kwargs["headers"], headers)}
        bound = signature.bind(*args, **kwargs)
        bound.arguments["headers"] = _joined(bound.arguments.get("headers"), headers)
        return bound.args, bound.kwargs

    return inject


def _joined(given: Any, headers: dict[str, str]) -> Any:
    if given is None:
        return dict(headers)
    if isinstance(given, Mapping):
        kept = {key: value for key, value in given.items() if _name(key) not in headers}
        return {**kept, **headers}
    if isinstance(given, list | tuple):
        return [*(pair for pair in given if _name(pair[0]) not in headers), *headers.items()]
    return given


def _name(key: object) -> str:
    return (key.decode("latin-1") if isinstance(key, bytes) else str(key)).lower()
