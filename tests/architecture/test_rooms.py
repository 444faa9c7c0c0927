"""The rooms import in one direction only, and the pure ones do no I/O."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "watchkeeper"

# What each room may import of ours, beside itself. A problem is a value that every room may return.
ALLOWED = {
    "model": set(),
    "emit": set(),
    "naming": set(),
    "promql_tree": set(),
    "spec": {"model", "naming", "promql_tree"},
    "plan": {"model", "emit", "naming", "promql_tree"},
    "backends": {"model", "plan", "emit", "naming"},
    "publish": {"emit", "naming"},
    "pipeline": {"model", "spec", "plan", "backends", "verify"},
    "verify": {"model", "plan", "naming"},
    "stack": {"model", "plan", "naming", "pipeline", "publish", "verify", "backends", "emit", "spec"},
    "drill": {"model", "plan", "naming", "pipeline", "publish", "verify", "stack", "spec", "emit"},
}
PURE = ("model", "plan", "backends", "emit")
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


def _room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def _modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def _imports(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", _modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_room_imports_only_what_lies_before_it(path: Path) -> None:
    room = _room(path)
    if room not in ALLOWED:
        assert room in {"cli", "__init__", "__main__"}, f"{room} is a room that nobody has placed"
        return
    ours = {
        name.split(".")[1]
        for name in _imports(ast.parse(path.read_text()))
        if name.startswith("watchkeeper.")
    }
    assert ours - ALLOWED[room] - {room, "__version__"} == set()


@pytest.mark.parametrize(
    "path", [p for p in _modules() if _room(p) in PURE], ids=lambda path: str(path.relative_to(SOURCE))
)
def test_a_pure_room_does_no_input_or_output(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert {name.split(".")[0] for name in _imports(tree)} & IMPURE_MODULES == set()
    called = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert called & IMPURE_NAMES == set()


def test_backends_do_not_import_one_another() -> None:
    for path in (SOURCE / "backends").rglob("*.py"):
        own = path.relative_to(SOURCE / "backends").parts[0].removesuffix(".py")
        others = {
            name.split(".")[2]
            for name in _imports(ast.parse(path.read_text()))
            if name.startswith("watchkeeper.backends.")
        }
        assert others - {own} == set(), path


def test_the_model_imports_nothing_but_the_standard_library() -> None:
    for path in (SOURCE / "model").rglob("*.py"):
        foreign = {name.split(".")[0] for name in _imports(ast.parse(path.read_text()))}
        assert foreign <= {
            "__future__",
            "dataclasses",
            "decimal",
            "functools",
            "typing",
            "re",
            "watchkeeper",
        }, path


def test_the_middleware_package_never_imports_the_generator() -> None:
    for path in (ROOT / "backend_instrumentation").rglob("*.py"):
        assert not any(name.startswith("watchkeeper") for name in _imports(ast.parse(path.read_text()))), path


def test_every_command_has_its_module() -> None:
    from watchkeeper.cli import COMMANDS

    for command in COMMANDS:
        assert (SOURCE / "cli" / f"{command}.py").is_file(), command
