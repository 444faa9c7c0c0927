"""Where a tool is looked for, in which order, and which versions are taken."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from watchkeeper.toolchain import ToolchainError, cache_root, find, is_static, search
from watchkeeper.toolchain.cache import built_folder, image_folder
from watchkeeper.toolchain.pins import Module

from .toolchain_support import fake_tool, pin, runs, tiny_module


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Module:
    monkeypatch.setenv("WATCHKEEPER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'one'}:{tmp_path / 'two'}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tiny_module(tmp_path / "module")


def test_an_explicit_path_goes_before_the_environment_then_path_then_the_cache(
    module: Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = fake_tool(tmp_path / "given" / "tiny", says="tiny, version 1.2.1")
    named = fake_tool(tmp_path / "named" / "tiny", says="tiny, version 1.2.2")
    on_path = fake_tool(tmp_path / "one" / "tiny", says="tiny, version 1.2.4")
    in_cache = fake_tool(built_folder(module) / "tiny", says="tiny, version 1.2.3")
    monkeypatch.setenv("WATCHKEEPER_TINY", str(named))

    order = []
    for path in (given, named, on_path, in_cache):
        explicit = {"tiny": given} if path == given else {}
        tool = find("tiny", explicit=explicit, modules=[module])
        assert tool is not None
        order.append((tool.path, tool.version, tool.origin))
        if path == named:
            monkeypatch.delenv("WATCHKEEPER_TINY")
        if path == on_path:
            on_path.unlink()

    assert order == [
        (given, "1.2.1", "explicit"),
        (named, "1.2.2", "explicit"),
        (on_path, "1.2.4", "path"),
        (in_cache, "1.2.3", "cache"),
    ]


def test_binaries_from_the_container_image_are_found_in_the_cache(module: Module) -> None:
    unpacked = fake_tool(image_folder(module) / "tiny", says="unused")
    tool = find("tiny", modules=[module])
    assert tool is not None
    assert (tool.path, tool.origin) == (unpacked, "cache")


def test_a_version_out_of_range_is_passed_over_with_its_reason_for_the_next_on_path(
    module: Module, tmp_path: Path
) -> None:
    old = fake_tool(tmp_path / "one" / "tiny", says="tiny, version 1.1.9")
    fresh = fake_tool(tmp_path / "two" / "tiny", says="tiny, version 1.9.0")
    outcome = search("tiny", modules=[module])
    assert outcome.tool is not None
    assert outcome.tool.path == fresh
    assert [(each.path, each.reason) for each in outcome.skipped] == [
        (old, "version 1.1.9 is outside >=1.2,<2")
    ]


def test_a_program_of_the_same_name_that_tells_no_version_is_passed_over(
    module: Module, tmp_path: Path
) -> None:
    fake_tool(tmp_path / "one" / "tiny", says="hello")
    outcome = search("tiny", modules=[module])
    assert outcome.tool is None
    assert [each.reason for each in outcome.skipped] == ["reports no version (tiny >=1.2,<2 is needed)"]


def test_looking_for_a_missing_tool_never_calls_go(module: Module, tmp_path: Path) -> None:
    go = fake_tool(tmp_path / "one" / "go", says="go version go1.26.0")
    assert find("tiny", modules=[module]) is None
    assert runs(go) == 0


def test_a_tool_on_path_is_asked_for_its_version_again_only_after_it_changed(
    module: Module, tmp_path: Path
) -> None:
    path = fake_tool(tmp_path / "one" / "tiny", says="tiny, version 1.2.9")
    versions = [found.version for _ in range(3) if (found := find("tiny", modules=[module]))]
    assert (versions, runs(path)) == (["1.2.9"] * 3, 1)

    fake_tool(path, says="tiny, version 1.2.10")
    found = find("tiny", modules=[module])
    assert (found and found.version, runs(path)) == ("1.2.10", 2)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"x": 1}', "\x00\x00"])
def test_a_damaged_memory_of_versions_is_not_believed(module: Module, tmp_path: Path, content: str) -> None:
    memory = cache_root() / "tools" / "versions.json"
    memory.parent.mkdir(parents=True)
    memory.write_text(content)
    fake_tool(tmp_path / "one" / "tiny", says="tiny, version 1.2.9")
    found = find("tiny", modules=[module])
    assert found is not None
    assert found.version == "1.2.9"


def test_an_explicit_path_that_is_no_executable_is_an_error_and_not_passed_over(
    module: Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_tool(tmp_path / "one" / "tiny", says="tiny, version 1.2.9")
    monkeypatch.setenv("WATCHKEEPER_TINY", str(tmp_path / "nowhere"))
    with pytest.raises(ToolchainError) as caught:
        find("tiny", modules=[module])
    assert str(caught.value) == f"WATCHKEEPER_TINY is {tmp_path / 'nowhere'}, which is not an executable file"


def test_an_explicit_path_of_another_version_is_an_error_that_names_the_range(
    module: Module, tmp_path: Path
) -> None:
    path = fake_tool(tmp_path / "given" / "tiny", says="tiny, version 3.0.0")
    with pytest.raises(ToolchainError) as caught:
        find("tiny", explicit={"tiny": path}, modules=[module])
    assert str(caught.value) == f"the path given for tiny is {path}: version 3.0.0 is outside >=1.2,<2"


def test_an_unknown_tool_is_an_error_that_names_the_known_ones(module: Module) -> None:
    with pytest.raises(ToolchainError) as caught:
        find("promtol", modules=[module])
    assert str(caught.value) == "no tool is called 'promtol'; the tools are: tiny"


def test_where_a_static_executable_is_needed_another_is_passed_over(module: Module, tmp_path: Path) -> None:
    path = fake_tool(tmp_path / "one" / "tiny", says="tiny, version 1.2.9")
    outcome = search("tiny", static=True, modules=[module])
    assert [(each.path, each.reason) for each in outcome.skipped] == [(path, "is not a static executable")]
    assert outcome.tool is None


@pytest.mark.skipif(sys.platform != "linux", reason="needs an ELF executable")
def test_an_executable_with_a_dynamic_loader_a_script_and_a_stump_are_not_static(tmp_path: Path) -> None:
    stump = tmp_path / "stump"
    stump.write_bytes(Path("/bin/sh").read_bytes()[:70])
    script = fake_tool(tmp_path / "script", says="x")
    assert [is_static(path) for path in (Path("/bin/sh"), script, stump, tmp_path)] == [False] * 4


@pytest.mark.parametrize(
    ("name", "says", "accepted"),
    [
        ("prometheus", "prometheus, version 3.10.1 (branch: HEAD, revision: x)", False),
        ("prometheus", "prometheus, version 3.11.0 (branch: HEAD, revision: x)", True),
        ("prometheus", "prometheus, version 4.0.0 (branch: HEAD, revision: x)", False),
        ("promtool", "promtool, version 2.41.0 (branch: HEAD, revision: x)", False),
        ("promtool", "promtool, version 2.42.0+ds (branch: debian/sid, revision: x)", True),
        ("alertmanager", "alertmanager, version 0.27.0 (branch: HEAD, revision: x)", False),
        ("alertmanager", "alertmanager, version 0.28.1 (branch: HEAD, revision: x)", True),
        ("alertmanager", "alertmanager, version 1.0.0 (branch: HEAD, revision: x)", False),
        ("amtool", "amtool, version 0.24.0 (branch: HEAD, revision: x)", False),
        ("amtool", "amtool, version 0.25.0+ds (branch: debian/sid, revision: x)", True),
        ("jaeger", "application version: git-commit=x, git-version=v2.9.0, build-date=x", False),
        ("jaeger", "application version: git-commit=x, git-version=v2.10.0, build-date=x", True),
        ("jaeger", "application version: git-commit=x, git-version=v1.76.0, build-date=x", False),
        ("docker-compose", "docker-compose version 1.29.2, build unknown", False),
        ("docker-compose", "Docker Compose version v2.20.0", True),
        ("docker-compose", "Docker Compose version 5.0.1", True),
    ],
)
def test_found_tools_are_taken_within_their_stated_range(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, says: str, accepted: bool
) -> None:
    monkeypatch.setenv("WATCHKEEPER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "one"))
    path = fake_tool(tmp_path / "one" / name, says=says)
    outcome = search(name)
    found = [outcome.tool.path] if outcome.tool else []
    assert (path in found, path in [each.path for each in outcome.skipped]) == (accepted, not accepted)


def test_compose_is_found_among_the_plugins_of_the_docker_command(module: Module, tmp_path: Path) -> None:
    says = "Docker Compose version v2.40.3"
    plugin = fake_tool(tmp_path / "home" / ".docker" / "cli-plugins" / "docker-compose", says=says)
    found = find("docker-compose")
    assert found is not None
    assert (found.path, found.version, found.origin) == (plugin, "2.40.3", "path")


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"WATCHKEEPER_CACHE": "/own", "XDG_CACHE_HOME": "/shared"}, Path("/own")),
        ({"XDG_CACHE_HOME": "/shared"}, Path("/shared/watchkeeper")),
        ({"XDG_CACHE_HOME": "not/absolute"}, Path("/home/ada/.cache/watchkeeper")),
        ({}, Path("/home/ada/.cache/watchkeeper")),
    ],
)
def test_the_cache_folder_follows_the_environment(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], expected: Path
) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert cache_root(environ=environ) == expected


def test_another_recipe_does_not_use_what_an_older_one_built(module: Module) -> None:
    fake_tool(built_folder(module) / "tiny", says="tiny, version 1.2.3")
    assert find("tiny", modules=[module]) is not None
    assert find("tiny", modules=[replace(module, tags="netgo")]) is None
    assert find("tiny", modules=[replace(module, release="1.2.4")]) is None
    (module.folder / "go.mod").write_text("module example.test/tiny\n\ngo 1.22\n")
    assert find("tiny", modules=[pin(module.folder)]) is None
