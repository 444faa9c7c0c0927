"""SLO-ready metrics for FastAPI and Starlette services; importing it loads nothing but itself."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .endpoint import metrics_endpoint
    from .instruments import Instruments
    from .lifecycle import Instrumentation, instrument
    from .middleware import MetricsMiddleware

__all__ = ["Instrumentation", "Instruments", "MetricsMiddleware", "instrument", "metrics_endpoint"]

_HOMES: Final = {
    "Instrumentation": ".lifecycle",
    "Instruments": ".instruments",
    "MetricsMiddleware": ".middleware",
    "instrument": ".lifecycle",
    "metrics_endpoint": ".endpoint",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
