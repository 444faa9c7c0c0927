"""How the small servers of this machine, the sinks and the front page, run on uvicorn."""

from __future__ import annotations

from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp

_MAX_CONNECTIONS: Final = 100


def local_config(app: ASGIApp, **more: Any) -> uvicorn.Config:
    """Return uvicorn's settings for a server of this machine; `more` are further ones of it."""
    # No access log: the paths of incoming webhooks are secrets.
    return uvicorn.Config(
        app,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="error",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_MAX_CONNECTIONS,
        **more,
    )
