"""The Docker engine, Compose, the images, and the registries that missing images come from."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from watchkeeper.preflight.preflight_line import Line, good
from watchkeeper.toolchain import find, locate

_SECONDS = 1.5
_LEAST_ENGINE = (24, 0)
_COMPOSE = "docker-compose"


@dataclass(frozen=True, slots=True)
class Engine:
    """A running Docker engine: its version, data folder, default registry, whether it has a proxy, and its clock less ours."""

    version: str
    folder: str
    registry: str
    has_proxy: bool
    ahead: float


def ask_engine() -> Engine | None:
    """Return the engine that answers within a second and a half, or None."""
    document = _info()
    if document is None or not document.get("ServerVersion"):
        return None
    return Engine(
        version=document["ServerVersion"],
        folder=document.get("DockerRootDir") or "/",
        registry=document.get("IndexServerAddress") or "",
        has_proxy=bool(document.get("HttpProxy") or document.get("HttpsProxy")),
        ahead=_ahead(document.get("SystemTime", "")),
    )


def engine_line(engine: Engine | None) -> Line:
    """Return whether an engine answers, and whether it is recent."""
    if engine is None:
        found = "no Docker engine answers" if shutil.which("docker") else "docker is not installed"
        return Line("engine", "fail", found, "start or install Docker, or use: watchkeeper up --mode native")
    numbers = tuple(int(each) for each in engine.version.split(".")[:2] if each.isdigit())
    if numbers < _LEAST_ENGINE:
        return Line(
            "engine", "warn", f"Docker {engine.version}", "update it: the stack is tested from version 24 on"
        )
    return good("engine", f"Docker {engine.version}")


def compose_line() -> Line:
    """Return whether Compose is there in a version that reads the rendered file."""
    tool = find(_COMPOSE)
    if tool is not None:
        return good("compose", f"Compose {tool.version}")
    accepts = locate(_COMPOSE)[1].accepts
    return Line(
        "compose",
        "warn",
        f"no Compose {accepts}",
        "install the Compose plugin of Docker; otherwise `up` gets it from its image",
    )


def images_lines(images: Sequence[str], engine: Engine) -> tuple[list[Line], list[tuple[str, float]]]:
    """Return the lines of images and registries, and the clocks of registries that answered."""
    missing = [image for image in images if not _has(image)]
    if not missing:
        return [good("images", f"all {len(images)} are here"), good("registry", "not needed")], []
    found = f"{len(missing)} of {len(images)} are missing: {', '.join(missing)}"
    lines, clocks = [Line("images", "warn", found, "`up` fetches or builds them")], []
    for name, address in _registries(missing, engine):
        line, ahead = _registry_line(name, address, engine)
        lines.append(line)
        clocks += [(name, ahead)] if ahead is not None else []
    return lines, clocks


def _registries(images: Sequence[str], engine: Engine) -> Iterator[tuple[str, str]]:
    """Yield name and address of each registry that has one of the images."""
    seen = set()
    for image in images:
        first, slash, _ = image.partition("/")
        own = bool(slash) and ("." in first or ":" in first or first == "localhost")
        name = first if own else urlsplit(engine.registry).hostname or ""
        if name and name not in seen:
            seen.add(name)
            # Docker, too, takes a registry of this machine without TLS.
            local = name.partition(":")[0] in ("localhost", "127.0.0.1")
            yield name, f"{'http' if local else 'https'}://{name}/v2/"


def _registry_line(name: str, address: str, engine: Engine) -> tuple[Line, float | None]:
    if engine.has_proxy:
        return good("registry", f"{name}: the engine has a proxy, so it is not asked from here"), None
    parts = urlsplit(address)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_SECONDS)
    try:
        connection.request("GET", parts.path)
        date = connection.getresponse().getheader("Date", "")
    except (OSError, HTTPException, UnicodeError) as error:
        remedy = "allow the engine to reach it, give the engine a proxy, or load the images by: docker load"
        return Line("registry", "fail", f"{name} does not answer: {error}", remedy), None
    finally:
        connection.close()
    return good("registry", f"{name} answers"), _seconds_ahead(date)


def _seconds_ahead(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp() - time.time()
    except (TypeError, ValueError):
        return None


def _ahead(text: str) -> float:
    try:
        return (
            datetime.fromisoformat(text[:19] + "+00:00" if text.endswith("Z") else text).timestamp()
            - time.time()
        )
    except ValueError:
        return 0.0


def _has(image: str) -> bool:
    return _run("image", "inspect", "--format", "{{.Id}}", image) is not None


def _info() -> dict[str, Any] | None:
    text = _run("info", "--format", "{{json .}}")
    try:
        document = json.loads(text or "null")
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _run(*arguments: str) -> str | None:
    if shutil.which("docker") is None:
        return None
    try:
        done = subprocess.run(
            ["docker", *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
