"""Inspect every secret file of a spec: is it there, can its reader read it, and does it look right?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from watchkeeper import naming
from watchkeeper.backends.compose import ALERTMANAGER_USER, GRAFANA_USER, PROMETHEUS_USER
from watchkeeper.model.spec import Spec
from watchkeeper.secret_files.certificates import pair_faults, pem_faults
from watchkeeper.secret_files.contents import content_faults
from watchkeeper.secret_files.fault import Fault
from watchkeeper.stack.compose.container_secrets import barrier, group_of_secrets
from watchkeeper.stack.configuration import is_file
from watchkeeper.stack.view.endpoints import Mode

_LARGEST = 65_536
_PEM = ("ca", "certificate", "key")


@dataclass(frozen=True, slots=True)
class SecretFile:
    """One secret file: its path for people, who reads it, and its faults."""

    path: str
    readers: tuple[str, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class _Named:
    """A secret file with the one who reads it; `mount` is the folder that the reader's container sees, or None.

    `certificate` is that of a key.
    """

    shown: str
    path: Path
    reader: str
    kind: str
    user: str
    mount: Path | None
    certificate: Path | None = None


def inspect(spec: Spec, root: Path, *, mode: Mode) -> tuple[SecretFile, ...]:
    """Return the secret files of a spec: of its receivers, of its scrapes, and Grafana's if it is there.

    In mode compose the container's user must be able to read each file, in mode native the current user.
    """
    found: dict[str, tuple[list[str], dict[Fault, None]]] = {}
    for each in (*_of_receivers(spec, root, mode), *_of_scrapes(spec, root, mode), *_of_grafana(root)):
        readers, faults = found.setdefault(each.shown, ([], {}))
        readers.append(each.reader)
        faults |= dict.fromkeys(_faults(each, mode))
    return tuple(SecretFile(path, tuple(readers), tuple(faults)) for path, (readers, faults) in found.items())


def _of_receivers(spec: Spec, root: Path, mode: Mode) -> Iterator[_Named]:
    folder = root / naming.ALERTMANAGER
    for receiver in spec.notify.receivers:
        http = receiver.http.files if receiver.http is not None else ()
        pair = receiver.http.tls.cert_file if receiver.http is not None and receiver.http.tls else None
        own = receiver.integration.secret_file
        files = (*(((receiver.integration.kind, own),) if own is not None else ()), *http)
        for use, named in files:
            if mode == "compose":
                named = named.removeprefix(f"{naming.ALERTMANAGER_MOUNT}/")
            shown, path, mount = _place(named, root, folder)
            certificate = folder / pair if use == "key" and pair is not None else None
            yield _Named(shown, path, receiver.name, use, ALERTMANAGER_USER, mount, certificate)


def _of_scrapes(spec: Spec, root: Path, mode: Mode) -> Iterator[_Named]:
    folder = root / naming.PROMETHEUS
    for service in spec.services:
        pair = service.scrape.tls.cert_file if service.scrape.tls else None
        for use, named in service.scrape.files:
            if mode == "compose":
                named = named.removeprefix(f"{naming.PROMETHEUS_MOUNT}/")
            shown, path, mount = _place(named, root, folder)
            certificate = folder / pair if use == "key" and pair is not None else None
            yield _Named(shown, path, service.name, use, PROMETHEUS_USER, mount, certificate)


def _place(named: str, root: Path, folder: Path) -> tuple[str, Path, Path | None]:
    """Return a file for people, its path, and the folder with which a container mounts it, None for a mount of its own."""
    path = folder / named
    shown = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    return shown, path, folder if path.is_relative_to(folder) else None


def _of_grafana(root: Path) -> Iterator[_Named]:
    # `up` writes a random password where none is.
    path = root / naming.GRAFANA_PASSWORD
    if is_file(path):
        yield _Named(naming.GRAFANA_PASSWORD, path, "grafana", "grafana", GRAFANA_USER, None)


def _faults(each: _Named, mode: Mode) -> Iterator[Fault]:
    try:
        if each.path.is_dir():
            yield Fault("folder", "is a folder", "remove it and write the secret to a file of that name")
            return
        with each.path.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        yield Fault("missing", "does not exist", f"write the secret of {each.reader} to it")
        return
    except OSError:
        yield Fault("unreadable", "cannot be read by the current user", f"run: chmod u+r {each.path}")
        return
    if mode == "compose":
        yield from _faults_in_container(each)
    if len(content) > _LARGEST:
        yield Fault("too-large", "is too large for a secret", "write the secret alone")
        return
    if each.kind not in _PEM:
        yield from content_faults(each.kind, content)
        return
    yield from pem_faults(each.kind, content)
    if each.certificate is not None:
        yield from pair_faults(each.certificate, each.path)


def _faults_in_container(each: _Named) -> Iterator[Fault]:
    group = group_of_secrets()
    blocked = barrier(each.path, each.mount, user=each.user, group=group)
    if blocked is None:
        return
    mode = 750 if blocked.is_dir() else 640
    where = "" if blocked == each.path else f", because of the mode of {blocked}"
    uid = each.user.partition(":")[0]
    yield Fault(
        "unreadable-in-container",
        f"cannot be read by the container's user {uid}{where}",
        f"run: chgrp {group} {blocked} && chmod {mode} {blocked}",
    )
