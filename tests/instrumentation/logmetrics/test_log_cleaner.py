"""The cleaner deletes what it is told to, below its root, and nothing else: random trees, links, hostile patterns."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend_instrumentation.logmetrics import (
    CleanupConfig,
    CleanupConfigError,
    LogCleanupService,
    LogFile,
    LogSettings,
    PerformanceMonitorFactory,
    losses,
)

ROOT = Path(__file__).parents[3]
DAY = 86400
CLEAN = """
import os, sys
import backend_instrumentation.logmetrics.cleaning.cleaner
from backend_instrumentation.logmetrics import LogCleanupService
service = LogCleanupService({{"root": sys.argv[1], "log_patterns": {patterns}}})
{before}
print(service.cleanup().{shown})
"""


def old(path: Path, days: float = 40, text: str = "x" * 10) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (time.time() - days * DAY,) * 2)
    return path


def service(root: Path, *patterns: str, **more: Any) -> LogCleanupService:
    return LogCleanupService({"root": str(root), "log_patterns": list(patterns), **more})


def test_the_old_files_go_and_the_young_stay(tmp_path: Path) -> None:
    gone = [old(tmp_path / "logs" / "a.jsonl.1"), old(tmp_path / "logs" / "b.jsonl", 31)]
    kept = [old(tmp_path / "logs" / "a.jsonl", 29), old(tmp_path / "logs" / "notes.txt"), old(tmp_path / "c.jsonl"),
            old(tmp_path / "logs" / "future.jsonl", -400), old(tmp_path / "logs" / ".hidden.jsonl")]  # fmt: skip
    result = LogCleanupService({"root": str(tmp_path)}).cleanup()
    assert (result.deleted_files, result.freed_bytes, result.errors, result.dry_run) == (2, 20, (), False)
    assert result.duration >= 0
    assert result["deleted_files"] == 2
    assert not any(each.exists() for each in gone)
    assert all(each.exists() for each in kept)


def test_a_dry_run_says_what_it_would_do(tmp_path: Path) -> None:
    kept = old(tmp_path / "logs" / "a.jsonl")
    result = service(tmp_path, "logs/*.jsonl", dry_run=True).cleanup()
    assert (result.deleted_files, result.freed_bytes, result.dry_run) == (1, 10, True)
    assert result.paths == ("logs/a.jsonl",)
    assert kept.exists()


def test_a_disabled_cleaner_does_nothing(tmp_path: Path) -> None:
    kept = old(tmp_path / "logs" / "a.jsonl")
    assert service(tmp_path, "logs/*", enabled=False).cleanup().deleted_files == 0
    assert kept.exists()


def test_the_file_being_written_stays(tmp_path: Path) -> None:
    log = LogFile(LogSettings(str(tmp_path / "a.jsonl")))
    log.append(b"{}\n", time.time())
    os.utime(log.path, (0, 0))
    assert service(tmp_path, "*").cleanup().deleted_files == 0
    code = CLEAN.format(patterns=["*"], before="", shown="deleted_files")
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"
    log.close()
    assert service(tmp_path, "*").cleanup().deleted_files == 1


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        ("*.log", ["x.log"]),
        ("logs/*.log", ["logs/y.log"]),
        ("**/*.log", ["x.log", "logs/y.log", "logs/deep/z.log"]),
        ("**", ["x.log", "logs/y.log", "logs/deep/z.log"]),
        ("logs/**/z.log", ["logs/deep/z.log"]),
        ("**/deep/*", ["logs/deep/z.log"]),
        ("lo?s/[xy].log", ["logs/y.log"]),
        (".secret/*", [".secret/w.log"]),
    ],
)
def test_patterns(tmp_path: Path, pattern: str, matched: list[str]) -> None:
    for name in ("x.log", "logs/y.log", "logs/deep/z.log", ".secret/w.log"):
        old(tmp_path / name)
    assert sorted(service(tmp_path, pattern).cleanup().paths) == sorted(matched)


@pytest.mark.parametrize(
    "pattern",
    ["../*", "logs/../../*", "..", "/etc/*", "~/x", "C:/x", "c:x", "a\\..\\b", "", " ", "logs//x", "./x", "a\0b", "a\nb", 7,
     None],
)  # fmt: skip
def test_hostile_patterns_are_refused(tmp_path: Path, pattern: Any) -> None:
    with pytest.raises(CleanupConfigError, match="log_patterns: "):
        LogCleanupService({"root": str(tmp_path), "log_patterns": ["ok/*.log", pattern]})


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({"retention_days": 0}, "retention_days: 0 is no number above 0; `enabled: false` keeps all files"),
        ({"retention_days": -1}, "retention_days: -1 is no number above 0"),
        ({"retention_days": "30"}, "retention_days: '30' is no number"),
        ({"retention_days": float("nan")}, "retention_days: nan is no number"),
        ({"retention_days": True}, "retention_days: True is no number"),
        ({"check_interval_hours": 0}, "check_interval_hours: 0 is no number above 0"),
        ({"log_patterns": "*.log"}, "log_patterns: '.*' is no list of patterns"),
        ({"log_patterns": []}, "log_patterns: .* is no list"),
        ({"enabled": "yes"}, "enabled: 'yes' is neither true nor false"),
        ({"root": ""}, "root: '' is no folder"),
        ({"retention_day": 3}, "retention_day: is no key, did you mean 'retention_days'?"),
        ({"colour": 3}, "colour: is no key; there are check_interval_hours, dry_run"),
    ],
)
def test_wrong_keys_are_refused(keys: dict[str, Any], fault: str) -> None:
    with pytest.raises(CleanupConfigError, match=fault.replace("?", r"\?")):
        LogCleanupService(keys)


def test_all_faults_at_once() -> None:
    with pytest.raises(CleanupConfigError) as caught:
        LogCleanupService({"retention_days": 0, "dry_rum": 1, "log_patterns": ["/x", ".."]})
    assert len(str(caught.value).splitlines()) == 4


def test_links_are_neither_followed_nor_deleted(tmp_path: Path) -> None:
    outside = old(tmp_path / "outside" / "precious.jsonl")
    root = tmp_path / "root"
    (root / "logs").mkdir(parents=True)
    (root / "logs" / "folder").symlink_to(outside.parent)
    (root / "logs" / "file.jsonl").symlink_to(outside)
    (root / "logs" / "up").symlink_to("..")
    for link in (root / "logs").iterdir():
        os.utime(link, (0, 0), follow_symlinks=False)
    gone = old(root / "logs" / "a.jsonl")
    result = service(root, "**").cleanup()
    assert (result.paths, result.errors) == (("logs/a.jsonl",), ())
    assert outside.exists()
    assert not gone.exists()
    assert (root / "logs" / "file.jsonl").is_symlink()


@pytest.mark.parametrize("first", ["", "a.jsonl"], ids=["inside", "before"])
def test_a_folder_that_becomes_a_link_while_it_is_cleaned(tmp_path: Path, first: str) -> None:
    outside = old(tmp_path / "outside" / "a.jsonl")
    root = tmp_path / "root"
    if first:
        old(root / first)
    old(root / "logs" / "a.jsonl")
    old(root / "logs" / "b.jsonl")

    def swap() -> bool:
        if not (root / "logs").is_symlink():
            (root / "logs").rename(root / "moved")
            (root / "logs").symlink_to(outside.parent)
        return False

    service(root, "**/*.jsonl").cleanup(stopping=swap)
    assert (root / "logs").is_symlink()
    assert outside.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")
def test_a_file_without_permission_is_an_error_and_the_others_go(public_folder: Path) -> None:
    locked = old(public_folder / "locked" / "a.jsonl")
    secret = old(public_folder / "secret.jsonl")
    gone = old(public_folder / "open" / "a.jsonl")
    secret.chmod(0)
    (public_folder / "locked").chmod(0o755)
    (public_folder / "open").chmod(0o777)
    gone.chmod(0o644)
    code = CLEAN.format(patterns=["**/*.jsonl"], before="os.setuid(65534)", shown="errors")
    command = [sys.executable, "-c", code, str(public_folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "('locked/a.jsonl: Permission denied', 'secret.jsonl: Permission denied')\n"
    assert locked.exists()
    assert secret.exists()
    assert not gone.exists()


def test_a_root_that_is_not_there_is_an_error_of_the_result(tmp_path: Path) -> None:
    result = service(tmp_path / "none", "*").cleanup()
    assert result.errors == (f"{tmp_path / 'none'}: No such file or directory",)
    assert losses() == {"log_cleaner": 1}


NAMES = st.sampled_from(["a.log", "b.jsonl", "logs", "deep", ".h", "x y", "..."])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
PARTS = st.sampled_from(["*", "**", "*.log", "logs", "?.log", "[ab]*", "..", ".*", "", ".", "deep", "/", "~"])
PATTERNS = st.lists(st.lists(PARTS, min_size=1, max_size=4).map("/".join), min_size=1, max_size=3)
LINKS = st.lists(
    st.tuples(PATHS, st.sampled_from(["out", "out/a.log", "root", "/", "..", "self"])), max_size=4
)


@settings(max_examples=300, deadline=None)
@given(files=st.lists(st.tuples(PATHS, st.booleans()), max_size=8), links=LINKS, patterns=PATTERNS)
def test_nothing_outside_the_root_is_ever_deleted(
    files: list[tuple[str, bool]], links: list[tuple[str, str]], patterns: list[str]
) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary)
        outside = [old(base / "out" / name) for name in ("a.log", "logs/a.log", "b.jsonl")]
        outside.append(old(base / "a.log"))
        root = base / "root"
        root.mkdir()
        young = []
        for name, is_old in dict(files).items():
            try:
                made = old(root / name, 40 if is_old else 1)
            except OSError:  # the name is a folder, or a file stands in the way
                continue
            if not is_old:
                young.append(made)
        for name, target in links:
            link = root / name
            try:
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to({"self": link.name, "/": "/", "..": ".."}.get(target, str(base / target)))
            except OSError:
                continue
        there = {each for each in root.rglob("*") if each.is_symlink() or each.is_dir()}
        try:
            result = service(root, *patterns).cleanup()
        except CleanupConfigError:
            return
        assert all(each.exists() for each in outside)
        assert all(each.exists() or each.is_symlink() for each in young if each not in there)
        assert all(os.path.lexists(each) for each in there)
        for path in result.paths:
            assert ".." not in path.split("/")
            assert not os.path.lexists(root / path)


YAML = """\
# as the earlier system has it
log_cleanup:
  enabled: true
  retention_days: 7
  log_patterns:
    - "logs/performance*.log"
    - "logs/*.jsonl"
  dry_run: false
  check_interval_hours: 12
"""


@pytest.mark.parametrize(
    "text",
    [
        YAML,
        YAML.replace("log_cleanup:\n", "").replace("\n  ", "\n"),
        f"monitoring:\n{YAML}".replace("\n", "\n  "),
    ],
    ids=["section", "flat", "nested"],
)
def test_the_file_of_the_earlier_system(tmp_path: Path, text: str) -> None:
    file = old(tmp_path / "configs" / "monitoring_logging.yaml", 0, text)
    found = LogCleanupService(file).config
    assert found == CleanupConfig(
        retention_days=7,
        log_patterns=("logs/performance*.log", "logs/*.jsonl"),
        check_interval_hours=12,
    )
    gone, kept = old(tmp_path / "logs" / "performance_1.log", 8), old(tmp_path / "logs" / "other.log", 8)
    result = PerformanceMonitorFactory.get_instance().force_log_cleanup()  # the working folder has the file
    assert (result.deleted_files, gone.exists(), kept.exists()) == (1, False, True)


def test_a_wrong_file_names_the_places(tmp_path: Path) -> None:
    file = old(tmp_path / "c.yaml", 0, YAML.replace("dry_run", "dry_rum").replace("days: 7", "days: 0"))
    with pytest.raises(CleanupConfigError) as caught:
        LogCleanupService(str(file))
    assert str(caught.value).splitlines() == [
        f"{file}:8:3: log_cleanup.dry_rum: is no key, did you mean 'dry_run'?",
        f"{file}:4:3: log_cleanup.retention_days: 0 is no number above 0; `enabled: false` keeps all files",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: [", r"c\.yaml:1:5: is no YAML"),
        ("- 1", "must be a mapping, not list"),
        ("\0", "is no YAML"),
        ("a: 1", "a: is no key"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(CleanupConfigError, match=fault):
        LogCleanupService(old(tmp_path / "c.yaml", 0, text))


def test_without_yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(CleanupConfigError, match=r"pip install 'backend-instrumentation\[logs\]'"):
        LogCleanupService(old(tmp_path / "c.yaml", 0, YAML))


def test_the_scheduled_cleaner_runs_and_stops_at_once(tmp_path: Path) -> None:
    factory = PerformanceMonitorFactory.get_instance()
    assert factory.get_scheduled_cleaner() is None
    gone = old(tmp_path / "logs" / "a.jsonl")
    cleaner = factory.setup_log_cleaner({"root": str(tmp_path), "retention_days": 30})
    assert cleaner is not None
    assert factory.get_scheduled_cleaner() is cleaner
    deadline = time.monotonic() + 5
    while cleaner.last_result is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not gone.exists()
    again = old(tmp_path / "logs" / "b.jsonl")
    assert factory.force_log_cleanup().deleted_files == 1
    assert not again.exists()
    started = time.monotonic()
    assert cleaner.stop()
    assert time.monotonic() - started < 1
    assert not cleaner.running
    assert cleaner.stop()


def test_a_new_set_up_replaces_the_cleaner(tmp_path: Path) -> None:
    factory = PerformanceMonitorFactory.get_instance()
    first = factory.setup_log_cleaner({"root": str(tmp_path)})
    second = factory.setup_log_cleaner(CleanupConfig(root=str(tmp_path), retention_days=1))
    assert first is not None
    assert second is not None
    assert not first.running
    assert second.running
    assert factory.setup_log_cleaner({"enabled": False}) is None
    assert factory.get_scheduled_cleaner() is None
    assert not second.running


def test_a_cleaner_that_cannot_be_set_up_never_hurts_the_service(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    factory = PerformanceMonitorFactory.get_instance()
    assert factory.setup_log_cleaner({"log_patterns": ["../*"], "retention_days": -1}) is None
    assert factory.setup_log_cleaner(tmp_path / "missing.yaml") is None
    assert losses() == {"log_cleaner": 2}
    assert "would leave the root" in caplog.text


def test_two_cleaners_at_once_make_no_errors(tmp_path: Path) -> None:
    for number in range(300):
        old(tmp_path / "logs" / f"{number}.jsonl")
    results = []

    def clean() -> None:
        results.append(service(tmp_path, "logs/*").cleanup())

    threads = [threading.Thread(target=clean) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list((tmp_path / "logs").iterdir()) == []
    assert [each.errors for each in results] == [()] * 4
    assert sum(each.deleted_files for each in results) == 300
