"""The stack's images, built FROM scratch round the tool chain's static binaries and this machine's Python.

`python -m tests.containers.images` builds them and prints the variables that make Compose use them.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from site import getsitepackages

import docker
from docker.errors import ImageNotFound

from watchkeeper.toolchain import ensure as ensure_tools
from watchkeeper.toolchain import is_static

from .pyruntime import SITE, runtime, standard_package
from .rootfs import Entry, RootfsError, digest, pack, tree, with_libraries

ROOT = Path(__file__).resolve().parents[2]
REPOSITORY = "watchkeeper-test"
TOOLS = ("prometheus", "promtool", "alertmanager", "amtool", "jaeger", "docker-compose")
NOBODY = 65534
JAEGER_USER = 10001


@dataclass(frozen=True, slots=True)
class Recipe:
    """What one image holds, what changes seldom in the first layers, and the instructions after its files."""

    name: str
    variable: str
    layers: tuple[tuple[Entry, ...], ...]
    instructions: tuple[str, ...]

    @property
    def tag(self) -> str:
        """Return the image's name, which changes whenever anything in the image does."""
        content = [digest(layer) for layer in self.layers]
        whole = digest([Entry("/", content="\n".join((*content, *self.instructions)))])
        return f"{REPOSITORY}/{self.name}:{whole[:16]}"


def prometheus() -> Recipe:
    """Return Prometheus with promtool, laid out as the official image is, whose base is busybox."""
    busybox = _busybox()
    shell = (
        Entry("/bin/busybox", source=busybox),
        *(Entry(f"/bin/{name}", link="/bin/busybox") for name in ("sh", "httpd", "wget")),
        *with_libraries([busybox]),
    )
    return Recipe(
        "prometheus",
        "PROMETHEUS_IMAGE",
        ((*_tools("prometheus", "promtool"), *shell, *_base(), Entry("/prometheus", owner=NOBODY)),),
        (
            "USER 65534:65534",
            "WORKDIR /prometheus",
            'VOLUME ["/prometheus"]',
            'ENTRYPOINT ["/bin/prometheus"]',
        ),
    )


def alertmanager() -> Recipe:
    """Return Alertmanager with amtool, laid out as the official image is."""
    return Recipe(
        "alertmanager",
        "ALERTMANAGER_IMAGE",
        ((*_tools("alertmanager", "amtool"), *_base(), Entry("/alertmanager", owner=NOBODY)),),
        (
            "USER 65534:65534",
            "WORKDIR /alertmanager",
            'VOLUME ["/alertmanager"]',
            'ENTRYPOINT ["/bin/alertmanager"]',
        ),
    )


def jaeger() -> Recipe:
    """Return Jaeger with the wget that its official base image has, and a /tmp open to every user."""
    binary = ensure_tools(["jaeger"], static=True)["jaeger"].path
    busybox = _busybox()
    files = (
        Entry("/cmd/jaeger/jaeger-linux", source=binary),
        Entry("/bin/busybox", source=busybox),
        Entry("/usr/bin/wget", link="/bin/busybox"),
        *with_libraries([busybox]),
        *_base(),
    )
    return Recipe(
        "jaeger",
        "JAEGER_IMAGE",
        (files,),
        (
            f"USER {JAEGER_USER}",
            'VOLUME ["/tmp"]',
            "ENV PATH=/usr/bin:/bin",
            'ENTRYPOINT ["/cmd/jaeger/jaeger-linux"]',
        ),
    )


def demo() -> Recipe:
    """Return the demo service, its load generator and the sinks on this machine's Python."""
    package = ROOT / "src" / "watchkeeper"
    python = runtime(("fastapi", "uvicorn", "aiosmtpd", "prometheus-client", "starlette", "sentry-sdk"))
    application = (
        *tree(ROOT / "examples", at="/app/examples"),
        *tree(ROOT / "backend_instrumentation", at="/app/backend_instrumentation"),
        Entry("/app/src/watchkeeper/__init__.py", source=package / "__init__.py", mode=0o644),
        *tree(package / "sinks", at="/app/src/watchkeeper/sinks"),
    )
    return Recipe(
        "demo",
        "DEMO_IMAGE",
        ((*python, *_base()), application),
        (
            f"USER {JAEGER_USER}",
            "WORKDIR /app",
            "ENV PATH=/usr/local/bin:/bin LANG=C.UTF-8",
            f"ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONPATH=/app:/app/src:{SITE}",
        ),
    )


def sentry(programs: Path) -> Recipe:
    """Return Bugsink, installed in an environment with these programs, as its image has it: on the path of a Python."""
    site = next(programs.parent.glob("lib/python*/site-packages"))
    # A service may set PYTHONPATH, so the packages are where this interpreter looks without it.
    packages = tuple(tree(site, at=getsitepackages([sys.base_prefix])[0]))
    binaries = [entry.source for entry in packages if entry.source is not None and ".so" in entry.source.name]
    library = sysconfig.get_path("stdlib")
    commands = (
        Entry(
            f"/usr/local/bin/{name}",
            content=f"#!/usr/local/bin/python\n{_without_first_line(programs / name)}",
        )
        for name in ("bugsink-manage", "gunicorn")
    )
    return Recipe(
        "sentry",
        "SENTRY_IMAGE",
        # Django's tools load unittest.
        (
            (*runtime(()), *standard_package("unittest"), *_base()),
            (*packages, *with_libraries(binaries), *commands),
        ),
        (
            "WORKDIR /app",
            "ENV PATH=/usr/local/bin:/bin LANG=C.UTF-8 PYTHONUNBUFFERED=1",
            # Compiled once here, as pip does, and not at each start.
            f"""RUN ["python", "-c", "import compileall; compileall.compile_dir('{library}', quiet=2)"]""",
        ),
    )


def _without_first_line(script: Path) -> str:
    return script.read_text(encoding="utf-8").partition("\n")[2]


RECIPES: tuple[Callable[[], Recipe], ...] = (prometheus, alertmanager, jaeger, demo)


def build(recipe: Recipe, *, client: docker.DockerClient) -> str:
    """Build the image unless the engine has it already, and return its tag."""
    tag = recipe.tag
    with _one_at_a_time():
        try:
            client.images.get(tag)
        except ImageNotFound:
            _build(recipe, tag=tag, client=client)
    return tag


def build_all(client: docker.DockerClient) -> dict[str, str]:
    """Build every image that the engine lacks; return the tags by the variable that Compose reads."""
    recipes = [make() for make in RECIPES]
    return {recipe.variable: build(recipe, client=client) for recipe in recipes}


def _tools(*names: str) -> Iterator[Entry]:
    # Anything that needs a dynamic loader could not start in an image that has none.
    for name, tool in ensure_tools(names, static=True).items():
        yield Entry(f"/bin/{name}", source=tool.path)


def _base() -> Iterator[Entry]:
    """Yield what every program may count on: users, name resolution, a /tmp, time zones, certificates."""
    yield Entry("/tmp", mode=0o1777)
    yield Entry("/etc/passwd", content="root:x:0:0::/:\nnobody:x:65534:65534::/:\n", mode=0o644)
    yield Entry("/etc/group", content="root:x:0:\nnobody:x:65534:\n", mode=0o644)
    # Without it glibc asks the name server before /etc/hosts.
    yield Entry("/etc/nsswitch.conf", content="hosts: files dns\n", mode=0o644)
    zones = Path("/usr/share/zoneinfo")
    if zones.is_dir():
        yield from tree(zones, at=str(zones), leave_out=("posix", "right"))
    certificates = Path("/etc/ssl/certs/ca-certificates.crt")
    if certificates.is_file():
        yield Entry(str(certificates), source=certificates, mode=0o644)


def _busybox() -> Path:
    # Debian's static build crashes as soon as its wget resolves a name.
    found = shutil.which("busybox")
    if found is None or is_static(Path(found)):
        raise RootfsError("the images of Prometheus and Jaeger need busybox: apt-get install busybox")
    return Path(found).resolve()


def _build(recipe: Recipe, *, tag: str, client: docker.DockerClient) -> None:
    with tempfile.TemporaryDirectory(prefix="watchkeeper-image-") as folder:
        archives = [Path(folder, f"layer{number}.tar") for number in range(len(recipe.layers))]
        for archive, layer in zip(archives, recipe.layers, strict=True):
            pack(layer, into=archive)
        added = [f"ADD {archive.name} /" for archive in archives]
        dockerfile = Path(folder, "Dockerfile")
        dockerfile.write_text("\n".join(("FROM scratch", *added, *recipe.instructions, "")), encoding="utf-8")
        client.images.build(path=folder, tag=tag, rm=True, forcerm=True)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    # Several test processes start together on a machine without images.
    with Path(tempfile.gettempdir(), f"watchkeeper-images-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Build what is missing and print `VARIABLE=image` lines for the shell."""
    for variable, tag in build_all(docker.from_env(timeout=300)).items():
        print(f"{variable}={tag}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
