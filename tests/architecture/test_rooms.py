"""The rooms of both packages import in one direction only, and the pure ones do no I/O."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "watchkeeper"
PACKAGE = ROOT / "backend_instrumentation"

# What each room may import of its own package, beside itself.
GENERATOR: dict[str, set[str]] = {
    "contract": set(),
    "model": {"contract"},
    "emit": set(),
    "naming": set(),
    "did_you_mean": set(),
    "promql_tree": set(),
    "local_http": set(),
    "prometheus_api": {"local_http"},
    "alertmanager_api": {"local_http", "prometheus_api"},
    "toolchain": set(),
    "sinks": {"local_http"},
    "overview": {
        "contract",
        "model",
        "emit",
        "naming",
        "promql_tree",
        "local_http",
        "prometheus_api",
        "alertmanager_api",
        "sinks",
    },
    "export": {"contract", "model", "emit", "naming", "local_http", "prometheus_api"},
    "exposed": {"contract", "model"},
    "spec": {"contract", "model", "naming", "did_you_mean", "promql_tree", "exposed"},
    "plan": {"contract", "model", "emit", "naming", "promql_tree", "exposed"},
    "backends": {"contract", "model", "plan", "emit", "naming"},
    "report": {
        "contract",
        "model",
        "exposed",
        "plan",
        "spec",
        "emit",
        "naming",
        "export",
        "local_http",
        "prometheus_api",
    },
    "doctor": {
        "local_http",
        "contract",
        "model",
        "emit",
        "naming",
        "did_you_mean",
        "promql_tree",
        "exposed",
        "plan",
        "prometheus_api",
    },
    "replay": {"model", "emit", "naming", "promql_tree", "plan", "prometheus_api"},
    "cost": {"model", "naming", "promql_tree", "plan"},
    "publish": {"emit", "naming"},
    "targets": {"model", "plan", "emit", "naming", "backends"},
    "pipeline": {"model", "naming", "spec", "plan", "backends", "targets"},
    "verify": {
        "contract",
        "model",
        "plan",
        "naming",
        "promql_tree",
        "toolchain",
        "local_http",
        "alertmanager_api",
    },
    "stack": {
        "model",
        "plan",
        "naming",
        "publish",
        "pipeline",
        "backends",
        "emit",
        "toolchain",
        "local_http",
        "prometheus_api",
    },
    "importing": {"contract", "model", "emit", "naming", "did_you_mean", "promql_tree", "spec", "plan"},
    "comparing": {"model", "naming", "promql_tree", "spec", "plan", "verify", "importing"},
    "preflight": {
        "model",
        "naming",
        "plan",
        "cost",
        "local_http",
        "prometheus_api",
        "toolchain",
        "stack",
        "secret_files",
        "backup",
    },
    "backup": {"model", "naming", "publish", "spec", "stack", "toolchain"},
    "front_page": {
        "contract",
        "model",
        "emit",
        "naming",
        "spec",
        "pipeline",
        "local_http",
        "prometheus_api",
        "overview",
        "report",
        "silences",
        "sinks",
        "secret_files",
    },
    "silences": {
        "contract",
        "model",
        "naming",
        "did_you_mean",
        "alertmanager_api",
        "exposed",
        "spec",
        "plan",
    },
    "secret_files": {"model", "naming", "emit", "backends", "stack"},
    "drill": {
        "contract",
        "model",
        "plan",
        "naming",
        "did_you_mean",
        "pipeline",
        "publish",
        "emit",
        "stack",
        "sinks",
        "toolchain",
        "local_http",
        "prometheus_api",
        "alertmanager_api",
        "verify",
    },
}
MIDDLEWARE: dict[str, set[str]] = {
    "contract": set(),
    "guard": set(),
    "redaction": set(),
    "lazy_names": set(),
    "unknown_key": set(),
    "config": {"contract", "guard"},
    "process": {"contract"},
    "multiprocess": {"contract", "guard"},
    "registry": {"contract", "guard", "multiprocess"},
    "recording": {"contract", "guard", "registry"},
    "packs": {"contract", "guard", "config", "process", "multiprocess", "registry", "recording"},
    "http_metrics": {"contract", "guard", "config", "multiprocess", "recording", "packs"},
    "exposition": {"contract", "guard", "config", "multiprocess", "registry", "packs", "http_metrics"},
    "lifecycle": {"guard", "recording", "packs"},
    "global_metrics": {
        "contract",
        "guard",
        "unknown_key",
        "config",
        "multiprocess",
        "registry",
        "recording",
        "packs",
        "exposition",
    },
    "tracing": {
        "contract",
        "guard",
        "redaction",
        "config",
        "recording",
        "packs",
        "http_metrics",
        "lifecycle",
    },
    "logmetrics": {"contract", "guard", "lazy_names", "unknown_key", "registry", "packs", "global_metrics"},
    "health": {
        "contract",
        "guard",
        "redaction",
        "lazy_names",
        "unknown_key",
        "packs",
        "process",
        "http_metrics",
        "lifecycle",
    },
    "router": {"packs", "exposition", "health", "logmetrics"},
    "sentry": {"guard", "redaction", "lifecycle"},
    "rum": {"contract", "guard", "packs", "http_metrics", "lifecycle"},
    "attach": {
        "guard",
        "config",
        "recording",
        "packs",
        "http_metrics",
        "exposition",
        "lifecycle",
        "tracing",
        "sentry",
    },
}
PURE = ("model", "exposed", "plan", "backends", "emit")
IMPURE_NAMES = {"open", "print", "input", "exec", "eval"}
IMPURE_MODULES = {
    "os",
    "subprocess",
    "socket",
    "shutil",
    "tempfile",
    "requests",
    "random",
    "time",
    "pathlib",
    "sys",
}


def _modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def _name(path: Path) -> str:
    base = SOURCE.parent if path.is_relative_to(SOURCE) else ROOT
    return ".".join(path.relative_to(base).with_suffix("").parts).removesuffix(".__init__")


KNOWN = {_name(path): path for path in [*_modules(SOURCE), *_modules(PACKAGE)]}


def _imports(path: Path) -> set[str]:
    """Return every imported module, or module and name, as absolute dotted names; type-level imports too."""
    package = _name(path) if path.name == "__init__.py" else _name(path).rpartition(".")[0]
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            home = ".".join([*above, *([node.module] if node.module else [])])
            names |= {f"{home}.{alias.name}" for alias in node.names}
    return names


def _ours(path: Path) -> set[str]:
    """Return the modules of ours that a module imports."""
    found = set()
    for name in _imports(path):
        while name and name not in KNOWN:
            name = name.rpartition(".")[0]
        found |= {name} if name else set()
    return found


@pytest.mark.parametrize(
    ("folder", "allowed"), [(SOURCE, GENERATOR), (PACKAGE, MIDDLEWARE)], ids=["generator", "middleware"]
)
def test_a_room_imports_only_what_lies_before_it(folder: Path, allowed: dict[str, set[str]]) -> None:
    wrong = set()
    looked_at = 0
    for path in _modules(folder):
        room = path.relative_to(folder).parts[0].removesuffix(".py")
        if room not in allowed:
            assert room in {"cli", "__init__", "__main__"}, f"{room} is a room that nobody has placed"
            continue
        looked_at += 1
        inside = {
            name.split(".")[1] for name in _ours(path) if name.split(".")[0] == folder.name and "." in name
        }
        wrong |= {(str(path.relative_to(folder)), other) for other in inside - allowed[room] - {room}}
    assert looked_at > 80
    assert wrong == set()


@pytest.mark.parametrize("allowed", [GENERATOR, MIDDLEWARE], ids=["generator", "middleware"])
def test_the_order_of_the_rooms_has_no_circle(allowed: dict[str, set[str]]) -> None:
    placed: set[str] = set()
    while len(placed) < len(allowed):
        ready = {room for room, before in allowed.items() if before <= placed} - placed
        assert ready, f"a circle among {sorted(set(allowed) - placed)}"
        placed |= ready


def test_no_modules_import_one_another_in_a_circle() -> None:
    # Type-level imports count: two modules that need each other's types are one idea in two files.
    # A package's `__init__` hands on what its modules define, so nothing below it imports it.
    waiting = {name: _ours(path) - {name} for name, path in KNOWN.items()}
    assert len(waiting) > 300
    while free := {name for name, needs in waiting.items() if not needs}:
        waiting = {name: needs - free for name, needs in waiting.items() if name not in free}
    assert waiting == {}


@pytest.mark.parametrize(
    "path",
    [path for room in PURE for path in _modules(SOURCE / room)],
    ids=lambda path: str(path.relative_to(SOURCE)),
)
def test_a_pure_room_does_no_input_or_output(path: Path) -> None:
    # The package's own data files apart, which `importlib.resources` reads: they are part of the code.
    assert {name.split(".")[0] for name in _imports(path)} & IMPURE_MODULES == set()
    called = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert called & IMPURE_NAMES == set()


def test_only_known_pure_modules_read_package_data() -> None:
    readers = {
        _name(path)
        for room in PURE
        for path in _modules(SOURCE / room)
        if any(name.startswith("importlib.resources") for name in _imports(path))
    }
    assert readers == {
        "watchkeeper.plan.slo.policy",
        "watchkeeper.plan.self_monitoring.own_alert",
        "watchkeeper.backends.runbooks.form",
        "watchkeeper.backends.runbook_site",
    }


def test_backends_do_not_import_one_another() -> None:
    looked_at = 0
    for path in _modules(SOURCE / "backends"):
        own = path.relative_to(SOURCE / "backends").parts[0].removesuffix(".py")
        imported = {name for name in _imports(path) if name.startswith("watchkeeper.")}
        looked_at += len(imported)
        others = {name.split(".")[2] for name in imported if name.startswith("watchkeeper.backends.")}
        assert others - {own} == set(), path
    assert looked_at > 100


def test_the_model_imports_nothing_but_the_standard_library() -> None:
    looked_at = 0
    for path in _modules(SOURCE / "model"):
        foreign = {name.split(".")[0] for name in _imports(path)}
        looked_at += len(foreign)
        assert foreign <= {
            "collections",
            "datetime",
            "__future__",
            "dataclasses",
            "decimal",
            "functools",
            "typing",
            "re",
            "zoneinfo",
            "watchkeeper",
        }, path
    assert looked_at > 20


@pytest.mark.parametrize("folder", [SOURCE, PACKAGE], ids=["generator", "middleware"])
def test_a_package_imports_nothing_else_of_this_repository(folder: Path) -> None:
    # The contract is the one way from the generator to the middleware; the test below says who takes it.
    others = {path.name for path in ROOT.iterdir() if any(path.glob("*.py"))} | {SOURCE.name}
    assert others >= {"backend_instrumentation", "scripts", "tests", "watchkeeper"}
    modules = [path for path in _modules(folder) if path != SOURCE / "contract.py"]
    assert len(modules) > 80
    for path in modules:
        roots = {name.split(".")[0] for name in _imports(path) if not name.startswith("watchkeeper.contract")}
        assert roots & (others | {"examples"}) <= {folder.name}, path


def test_the_contract_has_one_home_and_the_generator_one_way_to_it() -> None:
    across = {str(path.relative_to(SOURCE)) for path in _modules(SOURCE) if _foreign(path)}
    assert across == {"contract.py"}
    assert _foreign(SOURCE / "contract.py") == {"backend_instrumentation.contract.*"}


def _foreign(path: Path) -> set[str]:
    return {name for name in _imports(path) if name.startswith("backend_instrumentation")}


def test_file_names_are_unique() -> None:
    """Opening a file by its name is no guess; a command's module may share the name of what it shows.

    The generator's contract is the middleware's, which a wheel puts in its place.
    """
    seen: dict[str, Path] = {}
    looked_at = 0
    for path in KNOWN.values():
        if path.name in {"__init__.py", "__main__.py"} or path.parent == SOURCE / "cli":
            continue
        if path == SOURCE / "contract.py":
            continue
        looked_at += 1
        assert path.name not in seen, f"{path} and {seen[path.name]}"
        seen[path.name] = path
    assert looked_at > 250


def test_every_command_has_its_module() -> None:
    from watchkeeper.cli import COMMANDS

    assert len(COMMANDS) > 10
    for command in COMMANDS:
        assert (SOURCE / "cli" / f"{command}.py").is_file(), command
