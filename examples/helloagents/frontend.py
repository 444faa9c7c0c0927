"""Serves the built page of examples/frontend, and takes its errors for Sentry."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from backend_instrumentation.rum import attach_tunnel

FOLDER: Final = "HELLOAGENTS_FRONTEND"
DSN: Final = "VITE_SENTRY_DSN"


def serve(app: FastAPI, environ: Mapping[str, str]) -> None:
    """Serve the page if HELLOAGENTS_FRONTEND names its folder, and the tunnel if VITE_SENTRY_DSN names its project."""
    if environ.get(DSN):
        attach_tunnel(app, dsn=environ[DSN])
    if not environ.get(FOLDER):
        return
    folder = Path(environ[FOLDER])

    # A page that the browser opens by its address is the same file; the script reads the address.
    @app.get("/agents/{agent}", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(folder / "index.html")

    app.mount("/", StaticFiles(directory=folder, html=True))
