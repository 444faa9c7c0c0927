"""What was started and from which files, so that `status` and `down` need no spec."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from watchkeeper import naming
from watchkeeper.stack.stack_error import StackError
from watchkeeper.stack.state import State
from watchkeeper.stack.view.endpoints import Endpoints, Mode, StackAccess, log_in

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Record:
    """The last stack that was started here; it may have ended since.

    `environment` is the environment of the process file. `reloads` and `restarts` are hashes, by program, of the
    files that the program has read: when they change, it reloads or is restarted. `redirected` lists the
    receivers whose notifications go to the sinks.
    """

    mode: Mode
    root: Path
    endpoints: Endpoints
    ports: tuple[int, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    reloads: Mapping[str, str] = field(default_factory=dict)
    restarts: Mapping[str, str] = field(default_factory=dict)
    redirected: tuple[str, ...] = ()
    compose: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


def save(record: Record, state: State) -> None:
    """Write the record to the state folder."""
    document = {"version": _VERSION, **asdict(record), "root": str(record.root)}
    fresh = state.record.with_suffix(naming.TEMPORARY_SUFFIX)
    fresh.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    fresh.replace(state.record)


def load(state: State) -> Record | None:
    """Return the record, or None when nothing was started; raise StackError if it cannot be read."""
    try:
        document = json.loads(state.record.read_text(encoding="utf-8"))
        record = _parse(document)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StackError(f"{state.record} cannot be read ({error}): remove it") from error
    log_in(record.endpoints)
    return record


def forget(state: State) -> None:
    """Remove the record: no stack is started here any more."""
    state.record.unlink(missing_ok=True)


def _parse(document: Mapping[str, Any]) -> Record:
    if document["version"] != _VERSION:
        raise ValueError("another version of watchkeeper wrote it")
    # Until it was renamed, the key was `diverted`: a stack that started then can still be stopped.
    redirected = document["redirected"] if "redirected" in document else document["diverted"]
    return Record(
        mode=document["mode"],
        root=Path(document["root"]),
        endpoints=_endpoints(document["endpoints"]),
        ports=tuple(document["ports"]),
        environment=document["environment"],
        reloads=document["reloads"],
        restarts=document["restarts"],
        redirected=tuple(redirected),
        compose=tuple(document["compose"]),
        variables=document["variables"],
    )


def _endpoints(document: Mapping[str, Any]) -> Endpoints:
    access = document.get("access")
    return Endpoints(**{**document, "access": StackAccess(**access) if access is not None else None})
