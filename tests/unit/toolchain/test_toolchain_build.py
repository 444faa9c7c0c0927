"""Building a pinned module with the real Go, and what is said when that cannot work."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from watchkeeper.toolchain import Progress, ToolchainError, ensure, find, is_static
from watchkeeper.toolchain.building.go import Go, build_environment, go_problem
from watchkeeper.toolchain.cache import built_folder, log_file, module_folder
from watchkeeper.toolchain.pins import Module

from .toolchain_support import GO, MAIN, fake_tool, go_proxy, go_sum_of, tiny_module

needs_go = pytest.mark.skipif(GO is None, reason="Go is not installed")

USER = """package main

import (
	"os"

	"example.test/words"
)

var version = "unset"

func main() { os.Stdout.WriteString(words.Tool + ", version " + version + "\\n") }
"""
WORDS = 'package words\n\nconst Tool = "tiny"\n'
NEEDS_WORDS = "module example.test/tiny\n\ngo 1.21\n\nrequire example.test/words v1.0.0\n"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHKEEPER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("GOPROXY", "off")
    monkeypatch.setenv("GOSUMDB", "off")
    monkeypatch.setenv("GOTOOLCHAIN", "local")


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Module:
    """A module that needs another one, which a proxy serves and go.sum pins."""
    monkeypatch.setenv(
        "GOPROXY", go_proxy(tmp_path / "proxy", module="example.test/words", version="v1.0.0", source=WORDS)
    )
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "modules"))
    module = tiny_module(tmp_path / "user", main=USER, go_mod=NEEDS_WORDS)
    (module.folder / "go.sum").write_text(go_sum_of(module.folder, environment=build_environment()))
    # Checksums found: what was fetched for them must not serve the build.
    subprocess.run([str(GO), "clean", "-modcache"], env=build_environment(), check=True)
    return module


def left_behind(module: Module) -> list[str]:
    return sorted(path.name for path in module_folder(module).iterdir())


@needs_go
def test_a_missing_tool_is_built_static_and_tells_the_pinned_version(tmp_path: Path) -> None:
    module = tiny_module(tmp_path / "module")
    tool = ensure(["tiny"], modules=[module])["tiny"]
    says = subprocess.run([tool.path], capture_output=True, text=True, check=True).stdout
    assert says == "tiny, version 1.2.3\n"
    assert (tool.origin, tool.version, is_static(tool.path)) == ("built", "1.2.3", True)
    assert left_behind(module) == [built_folder(module).name, "build.log", "lock"]


@needs_go
def test_a_tool_built_once_is_found_in_the_cache_without_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tiny_module(tmp_path / "module")
    built = ensure(["tiny"], modules=[module])["tiny"]
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("watchkeeper.toolchain.building.go._OFFICIAL", tmp_path / "none")
    again = ensure(["tiny"], modules=[module])["tiny"]
    assert (again.path, again.origin) == (built.path, "cache")


@needs_go
def test_all_binaries_of_a_module_come_from_one_build_in_the_order_asked_for(tmp_path: Path) -> None:
    module = tiny_module(tmp_path / "module", binaries=("tiny", "tinier"))
    seen: list[Progress] = []
    tools = ensure(["tinier", "tiny"], modules=[module], report=seen.append)
    assert [(name, tool.path.name) for name, tool in tools.items()] == [
        ("tinier", "tinier"),
        ("tiny", "tiny"),
    ]
    assert [each.step for each in seen if each.step != "running"] == ["started", "built"]


@needs_go
def test_a_binary_named_otherwise_than_its_package_gets_the_name_of_the_tool(tmp_path: Path) -> None:
    module = tiny_module(tmp_path / "module", binaries=("cmd",))
    (binary,) = module.binaries
    renamed = Module(
        name="tiny",
        release="1.2.3",
        folder=module.folder,
        version_variable="main.version",
        binaries=(type(binary)(name="tiny", package=binary.package, accepts=binary.accepts),),
    )
    assert ensure(["tiny"], modules=[renamed])["tiny"].path.name == "tiny"


@needs_go
def test_settings_for_another_machine_or_workspace_do_not_reach_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "go.work"
    work.write_text("go 1.21\n\nuse ./elsewhere\n")
    # os/user is one of the packages that link the C library where they may.
    main = MAIN.replace('import "os"', 'import (\n\t"os"\n\t_ "os/user"\n)')
    for name, value in {
        "CGO_ENABLED": "1",
        "GOOS": "windows",
        "GOARCH": "arm",
        "GOFLAGS": "-mod=vendor",
        "GOWORK": str(work),
    }.items():
        monkeypatch.setenv(name, value)
    tool = ensure(["tiny"], modules=[tiny_module(tmp_path / "module", main=main)])["tiny"]
    assert is_static(tool.path)


@needs_go
def test_an_install_that_lost_a_binary_is_built_again_whole(tmp_path: Path) -> None:
    module = tiny_module(tmp_path / "module", binaries=("tiny", "tinier"))
    tools = ensure(["tiny", "tinier"], modules=[module])
    tools["tinier"].path.unlink()
    again = ensure(["tiny", "tinier"], modules=[module])
    assert {name: tool.origin for name, tool in again.items()} == {"tiny": "cache", "tinier": "built"}
    assert all(tool.path.is_file() for tool in again.values())
    assert left_behind(module) == [built_folder(module).name, "build.log", "lock"]


@needs_go
def test_a_module_that_does_not_compile_is_one_line_with_the_log_and_installs_nothing(tmp_path: Path) -> None:
    module = tiny_module(tmp_path / "module", main="package main\n\nfunc main() { missing() }\n")
    with pytest.raises(ToolchainError) as caught:
        ensure(["tiny"], modules=[module])
    assert str(caught.value) == (
        f"tiny 1.2.3 cannot be built: tiny/main.go:3:15: undefined: missing; log: {log_file(module)}"
    )
    assert "undefined: missing" in log_file(module).read_text()
    assert left_behind(module) == ["build.log", "lock"]


@needs_go
def test_one_module_that_fails_does_not_keep_another_from_being_built(tmp_path: Path) -> None:
    broken = tiny_module(tmp_path / "broken", main="package main\n")
    sound = tiny_module(tmp_path / "sound", binaries=("sound",))
    sound = Module(
        name="sound",
        release="1.2.3",
        folder=sound.folder,
        binaries=sound.binaries,
        version_variable="main.version",
    )
    with pytest.raises(ToolchainError):
        ensure(["tiny", "sound"], modules=[broken, sound])
    found = find("sound", modules=[sound])
    assert found is not None
    assert found.origin == "cache"


@needs_go
def test_a_binary_that_reports_another_version_is_not_installed(tmp_path: Path) -> None:
    module = tiny_module(tmp_path / "module", main=MAIN.replace("var version", "const version"))
    with pytest.raises(ToolchainError) as caught:
        ensure(["tiny"], modules=[module])
    assert str(caught.value) == "tiny reports no version, not 1.2.3: not installed"
    assert left_behind(module) == ["build.log", "lock"]


@needs_go
def test_a_dependency_with_the_pinned_checksum_is_used(words: Module) -> None:
    assert ensure(["tiny"], modules=[words])["tiny"].origin == "built"


@needs_go
def test_a_dependency_with_another_checksum_is_refused(words: Module) -> None:
    sums = (words.folder / "go.sum").read_text().splitlines()
    code = next(line for line in sums if "/go.mod " not in line)
    wrong = f"{code.rsplit(' ', 1)[0]} h1:{'A' * 43}="
    (words.folder / "go.sum").write_text("\n".join(sums).replace(code, wrong) + "\n")
    with pytest.raises(ToolchainError) as caught:
        ensure(["tiny"], modules=[words])
    assert str(caught.value) == (
        "tiny 1.2.3 cannot be built: the checksum of example.test/words@v1.0.0 differs from the pinned one, "
        f"so it was not used; log: {log_file(words)}"
    )
    assert find("tiny", modules=[words]) is None


@needs_go
def test_a_dependency_without_a_pinned_checksum_is_refused(words: Module) -> None:
    (words.folder / "go.sum").unlink()
    with pytest.raises(ToolchainError) as caught:
        ensure(["tiny"], modules=[words])
    assert str(caught.value) == (
        f"tiny needs modules that {words.folder / 'go.sum'} does not pin: not installed"
    )
    assert find("tiny", modules=[words]) is None


@needs_go
@pytest.mark.parametrize("proxy", ["off", "http://127.0.0.1:9"])
def test_a_proxy_that_cannot_be_reached_is_named_as_the_reason(
    words: Module, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("GOPROXY", proxy)
    with pytest.raises(ToolchainError) as caught:
        ensure(["tiny"], modules=[words])
    assert str(caught.value) == (
        "tiny 1.2.3 cannot be built: the Go module proxy cannot be reached (check the network, or GOPROXY); "
        f"log: {log_file(words)}"
    )


def test_a_machine_without_go_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("watchkeeper.toolchain.building.go._OFFICIAL", tmp_path / "none")
    with pytest.raises(ToolchainError) as caught:
        ensure(["tiny"], modules=[tiny_module(tmp_path / "module")])
    assert str(caught.value) == (
        "Go is not installed: Go 1.21 or newer is needed to build tiny "
        "(the official packages are on go.dev; on Debian: apt-get install golang-go)"
    )


def test_a_go_that_is_too_old_is_told_with_the_version_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = fake_tool(
        tmp_path / "bin" / "go", says='{\\"GOVERSION\\": \\"go1.19.8\\", \\"GOTOOLCHAIN\\": \\"\\"}'
    )
    monkeypatch.setenv("PATH", f"{old.parent}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(ToolchainError) as caught:
        ensure(["tiny"], modules=[tiny_module(tmp_path / "module")])
    assert str(caught.value) == (
        f"{old} is go1.19.8: Go 1.21 or newer is needed to build tiny "
        "(the official packages are on go.dev; or set GOTOOLCHAIN=auto and Go fetches it)"
    )


def test_a_go_that_fetches_a_newer_one_by_itself_may_be_older(tmp_path: Path) -> None:
    module = tiny_module(tmp_path / "module", go_mod="module example.test/tiny\n\ngo 1.26.0\n")
    objections = [
        bool(go_problem(Go(Path("go"), version, fetches), modules=[module]))
        for version, fetches in (
            ("go1.24.0", True),
            ("go1.24.0", False),
            ("go1.26.0", False),
            ("go1.27rc1", False),
        )
    ]
    assert objections == [False, True, False, False]


@needs_go
def test_a_cache_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    with pytest.raises(ToolchainError) as caught:
        ensure(["tiny"], modules=[tiny_module(tmp_path / "module")])
    assert str(caught.value) == f"tiny cannot be built: Not a directory: {tmp_path / 'cache/tools/tiny'}"
