"""Fetch the images that an engine lacks: pulled, or built where the Compose file says how."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from watchkeeper import toolchain
from watchkeeper.stack.compose.engine import Compose, missing_images, pull_image
from watchkeeper.stack.progress import Progress

_COMPOSE = "docker-compose"


def fetch_missing(compose: Compose, services: Mapping[str, Any], progress: Progress) -> str:
    """Fetch the images that the engine lacks; return in one line why that failed, or nothing."""
    missing = missing_images(services)
    if not missing:
        return ""
    progress.say(f"fetching {', '.join(missing)}")
    cause = ""
    pulled = _owners(services, [image for image in missing if not _is_local_build(services, image)])
    if pulled:
        cause = compose.pull(pulled)
        missing = missing_images(services)
    built = [name for name in _owners(services, missing) if "build" in services[name]]
    if built and not cause:
        cause = compose.build(built)
        missing = missing_images(services)
    return f"{', '.join(missing)} cannot be fetched ({cause})" if missing else ""


def fetch_compose(progress: Progress) -> tuple[toolchain.Tool | None, str]:
    """Copy Compose from its image, which is pulled when the engine lacks it; return it, or why there is none."""
    module = toolchain.locate(_COMPOSE)[0]
    cause = ""
    if not toolchain.extract(module):
        progress.say(f"fetching {module.image}")
        cause = pull_image(module.image)
        toolchain.extract(module)
    tool = toolchain.find(_COMPOSE)
    return tool, "" if tool else f"{module.image} cannot be fetched ({cause or 'it has no usable program'})"


def copy_tools(services: Mapping[str, Any], progress: Progress) -> None:
    """Copy the tools that this machine lacks from the images of the stack, so that nothing has to be built."""
    for module in toolchain.MODULES:
        image = services.get(module.name, {}).get("image")
        absent = [each.name for each in module.binaries if toolchain.find(each.name) is None]
        if image and absent:
            progress.show(f"copying {' and '.join(absent)} from {image}")
            toolchain.extract(module, image=image)
    progress.clear()


def _owners(services: Mapping[str, Any], images: Collection[str]) -> list[str]:
    """Return one service for each image, the one that says how it is built if there is one."""
    owners: dict[str, str] = {}
    for name, service in services.items():
        image = service.get("image")
        if image in images and (image not in owners or "build" in service):
            owners[image] = name
    return sorted(owners.values())


def _is_local_build(services: Mapping[str, Any], image: str) -> bool:
    """Return whether an image is built here: a name without a registry could be anybody's on Docker Hub."""
    registry, slash, _ = image.partition("/")
    named = bool(slash) and ("." in registry or ":" in registry or registry == "localhost")
    can_build = any("build" in each for each in services.values() if each.get("image") == image)
    return can_build and not named
