"""Instruments every Starlette and FastAPI application of this interpreter when it is called first.

Python imports this module by its name at each start, so that the suites' own child processes are instrumented too.
WATCHKEEPER_FOREIGN is the mode: `metrics`, `traces` or `sentry`; unset, nothing is changed.
"""

from __future__ import annotations

import os
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

_MODE = os.environ.get("WATCHKEEPER_FOREIGN", "")
_PATCHED = {"starlette.applications": "Starlette", "fastapi.applications": "FastAPI"}
# Port 9 is closed.
_NOWHERE = "http://127.0.0.1:9/v1/traces"
_DSN = "http://key@127.0.0.1:9/1"


class _Patching(Loader):
    """Loads the module as its own loader would, then patches its class of applications."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)  # type: ignore[no-any-return]

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        _patch(getattr(module, _PATCHED[module.__name__]))


class _Finder(MetaPathFinder):
    """Finds the modules to patch, once each."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:  # noqa: ARG002
        if name not in _PATCHED or name in self.seen:
            return None
        self.seen.add(name)
        spec = find_spec(name)
        if spec is not None:
            spec.loader = _Patching(spec.loader)
        return spec

    seen: set[str] = set()  # noqa: RUF012


def _patch(kind: type) -> None:
    # Imported here, not at the first call: a suite may forbid file access while a request runs.
    from backend_instrumentation import instrument, sentry
    from backend_instrumentation.config.settings import Settings
    from backend_instrumentation.tracing import TracingManager

    settings, original = Settings(), kind.__call__

    async def call(app: Any, scope: Any, receive: Any, send: Any) -> None:
        if not getattr(app, "_watchkeeper_foreign", False):
            app._watchkeeper_foreign = True
            manager = TracingManager("foreign", _NOWHERE, enable_tracing=True) if _MODE == "traces" else False
            reporter = sentry.init(_DSN) if _MODE == "sentry" else None
            instrument(app, config=settings, tracing=manager, sentry=reporter or False)
        await original(app, scope, receive, send)

    kind.__call__ = call  # type: ignore[method-assign]


if _MODE:
    sys.meta_path.insert(0, _Finder())
