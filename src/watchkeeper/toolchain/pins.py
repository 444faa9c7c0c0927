"""Every tool, the Go module and version that it is built from, and the other versions that are accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from watchkeeper.toolchain.found_tool import ToolchainError
from watchkeeper.toolchain.version import VersionRange

_MODULES = Path(__file__).parent / "modules"


@dataclass(frozen=True, slots=True)
class Binary:
    """One executable: its package, the accepted versions, and how to ask for its version."""

    name: str
    package: str
    accepts: VersionRange
    version_args: tuple[str, ...] = ("--version",)
    # Where the executable is inside the module's container image.
    image_path: str = ""
    plugin_dirs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Module:
    """One pinned Go module, the folder of its go.mod and go.sum, and the binaries built from it."""

    name: str
    # The version that the binaries report, which is not always the version of the Go module.
    release: str
    folder: Path
    binaries: tuple[Binary, ...]
    version_variable: str
    version_prefix: str = ""
    tags: str = ""
    image: str = ""
    # Optional tools are built only when they are requested by name.
    optional: bool = False


JAEGER = Module(
    name="jaeger",
    release="2.13.0",
    folder=_MODULES / "jaeger",
    version_variable="github.com/jaegertracing/jaeger/internal/version.latestVersion",
    version_prefix="v",
    image="jaegertracing/jaeger:2.13.0",
    binaries=(
        Binary(
            name="jaeger",
            package="github.com/jaegertracing/jaeger/cmd/jaeger",
            accepts=VersionRange((2, 10), (3,)),
            version_args=("version",),
            image_path="/cmd/jaeger/jaeger-linux",
        ),
    ),
)

# Without these tags every cloud's service discovery is linked; file_sd and static targets always are.
_PROMETHEUS_TAGS = "remove_all_sd,enable_dns_sd"

PROMETHEUS = Module(
    name="prometheus",
    release="3.15.0",
    folder=_MODULES / "prometheus",
    version_variable="github.com/prometheus/common/version.Version",
    tags=_PROMETHEUS_TAGS,
    image="prom/prometheus:v3.15.0",
    binaries=(
        Binary(
            name="prometheus",
            package="github.com/prometheus/prometheus/cmd/prometheus",
            accepts=VersionRange((3, 11), (4,)),
            image_path="/bin/prometheus",
        ),
        Binary(
            name="promtool",
            package="github.com/prometheus/prometheus/cmd/promtool",
            accepts=VersionRange((2, 42)),
            image_path="/bin/promtool",
        ),
    ),
)

# Alertmanager 0.32 and later lack their web assets when fetched as a module and do not compile.
ALERTMANAGER = Module(
    name="alertmanager",
    release="0.31.1",
    folder=_MODULES / "alertmanager",
    version_variable="github.com/prometheus/common/version.Version",
    image="prom/alertmanager:v0.31.1",
    binaries=(
        Binary(
            name="alertmanager",
            package="github.com/prometheus/alertmanager/cmd/alertmanager",
            accepts=VersionRange((0, 28), (1,)),
            image_path="/bin/alertmanager",
        ),
        Binary(
            name="amtool",
            package="github.com/prometheus/alertmanager/cmd/amtool",
            accepts=VersionRange((0, 25)),
            image_path="/bin/amtool",
        ),
    ),
)

DOCKER_COMPOSE = Module(
    name="docker-compose",
    release="2.40.3",
    folder=_MODULES / "docker-compose",
    version_variable="github.com/docker/compose/v2/internal.Version",
    version_prefix="v",
    image="docker/compose-bin:v2.40.3",
    optional=True,
    binaries=(
        Binary(
            name="docker-compose",
            package="github.com/docker/compose/v2/cmd",
            accepts=VersionRange((2, 20)),
            version_args=("version",),
            image_path="/docker-compose",
            plugin_dirs=(
                "~/.docker/cli-plugins",
                "/usr/local/lib/docker/cli-plugins",
                "/usr/local/libexec/docker/cli-plugins",
                "/usr/lib/docker/cli-plugins",
                "/usr/libexec/docker/cli-plugins",
            ),
        ),
    ),
)

# For tests: from it an engine fetches images without another machine.
REGISTRY = Module(
    name="registry",
    release="3.0.0",
    folder=_MODULES / "registry",
    version_variable="github.com/distribution/distribution/v3/version.version",
    version_prefix="v",
    image="registry:3.0.0",
    optional=True,
    binaries=(
        Binary(
            name="registry",
            package="github.com/distribution/distribution/v3/cmd/registry",
            accepts=VersionRange((3,), (4,)),
            image_path="/bin/registry",
        ),
    ),
)

# Longest build first, so that the last one to start is a short one.
MODULES: tuple[Module, ...] = (JAEGER, DOCKER_COMPOSE, PROMETHEUS, ALERTMANAGER, REGISTRY)


def locate(name: str, *, modules: Sequence[Module] = MODULES) -> tuple[Module, Binary]:
    """Return the pin of a tool and of the module that it is built from; raise ToolchainError if there is none."""
    for module in modules:
        for binary in module.binaries:
            if binary.name == name:
                return module, binary
    known = ", ".join(tool_names(modules=modules))
    raise ToolchainError(f"no tool is called {name!r}; the tools are: {known}")


def tool_names(*, optional: bool = True, modules: Sequence[Module] = MODULES) -> list[str]:
    """Return the names of all tools in alphabetical order, with the optional ones if `optional`."""
    chosen = (module for module in modules if optional or not module.optional)
    return sorted(binary.name for module in chosen for binary in module.binaries)
