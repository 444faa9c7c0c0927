"""Search for a tool without building it: explicit path, then PATH, then the cache."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from watchkeeper.toolchain.cache import built_folder, image_folder, is_executable
from watchkeeper.toolchain.elf import is_static
from watchkeeper.toolchain.found_tool import Search, Skipped, Tool, ToolchainError
from watchkeeper.toolchain.pins import MODULES, Binary, Module, locate
from watchkeeper.toolchain.probe import remembered_version

Explicit = Mapping[str, "str | os.PathLike[str]"]


def find(
    name: str, *, explicit: Explicit | None = None, static: bool = False, modules: Sequence[Module] = MODULES
) -> Tool | None:
    """Return the tool if it exists, never building it; raise ToolchainError on an unusable explicit path."""
    return search(name, explicit=explicit, static=static, modules=modules).tool


def search(
    name: str, *, explicit: Explicit | None = None, static: bool = False, modules: Sequence[Module] = MODULES
) -> Search:
    """Search for a tool where it may exist; with `static`, skip executables that need a dynamic loader."""
    module, binary = locate(name, modules=modules)
    chosen = _chosen(binary, explicit=explicit or {}, static=static)
    if chosen is not None:
        return Search(name, chosen, ())
    skipped: list[Skipped] = []
    for path in _on_path(binary):
        version = remembered_version(path, args=binary.version_args)
        reason = _rejection(path, binary=binary, version=version, static=static)
        if not reason:
            return Search(name, Tool(name, path, version, "path"), tuple(skipped))
        skipped.append(Skipped(path, reason))
    return Search(name, cached(module, binary), tuple(skipped))


def cached(module: Module, binary: Binary) -> Tool | None:
    """Return the tool from the cache if its recipe was built or its image was unpacked before."""
    for folder in (built_folder(module), image_folder(module)):
        path = folder / binary.name
        if is_executable(path):
            return Tool(binary.name, path, module.release, "cache")
    return None


def _chosen(binary: Binary, *, explicit: Explicit, static: bool) -> Tool | None:
    variable = "WATCHKEEPER_" + binary.name.upper().replace("-", "_")
    if binary.name in explicit:
        source, path = f"the path given for {binary.name}", Path(explicit[binary.name])
    elif os.environ.get(variable):
        source, path = variable, Path(os.environ[variable])
    else:
        return None
    path = path.expanduser().absolute()
    if not is_executable(path):
        raise ToolchainError(f"{source} is {path}, which is not an executable file")
    version = remembered_version(path, args=binary.version_args)
    rejection = _rejection(path, binary=binary, version=version, static=static)
    if rejection:
        raise ToolchainError(f"{source} is {path}: {rejection}")
    return Tool(binary.name, path, version, "explicit")


def _on_path(binary: Binary) -> Iterator[Path]:
    folders = [*os.environ.get("PATH", "").split(os.pathsep), *binary.plugin_dirs]
    for folder in dict.fromkeys(folders):
        path = (Path(folder or ".").expanduser() / binary.name).absolute()
        if is_executable(path):
            yield path


def _rejection(path: Path, *, binary: Binary, version: str, static: bool) -> str:
    if not version:
        return f"reports no version ({binary.name} {binary.accepts} is needed)"
    if not binary.accepts.accepts(version):
        return f"version {version} is outside {binary.accepts}"
    if static and not is_static(path):
        return "is not a static executable"
    return ""
