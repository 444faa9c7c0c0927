"""Users of the stack's servers: their file as people break it, passwords that bcrypt cannot take, and the command."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.certificates import Authority
from watchkeeper.cli import main
from watchkeeper.model.stack_access import Access, ServerTls
from watchkeeper.model.stack_access import Authority as TlsAuthority
from watchkeeper.secret_files.access_files import AccessFolder, AccessRefused
from watchkeeper.secret_files.access_users import BadPassword, fits, hash_of, users_in

HASH = "$2y$10$" + "a" * 53
SPEC = "version: watchkeeper/v1\nservice: shop\nstack: {access: {}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("monitoring/prometheus/access").mkdir(parents=True)
    Path("monitoring/SLO_DEFINITIONS.yml").write_text(SPEC)
    return Path("monitoring/prometheus/access")


def run(*words: str) -> int:
    return main(["access", *words])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("alice", "the hash of alice is missing"),
        ("alice:", "the hash of alice is missing"),
        ("alice:hunter2", "alice has no bcrypt hash"),
        ("alice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "no bcrypt hash"),
        (f"alice:{HASH}x", "no bcrypt hash"),
        (f":{HASH}", "no user before its colon"),
        (f"al ice:{HASH}", "no user before its colon"),
        (f"alice:{HASH.replace('$10$', '$31$')}", "a cost of 31"),
        (f"alice:{HASH}\nalice:{HASH}", "a second line"),
    ],
)
def test_a_line_that_is_no_user_is_told_and_never_repeated(line: str, words: str) -> None:
    faults = users_in(f"# people\n\nbob:{HASH}\n{line}\n")[1]
    assert len(faults) == 1
    assert words in faults[0].message
    assert "hunter2" not in faults[0].message
    assert faults[0].message.startswith("line 4" if "\n" not in line else "line 5")


def test_what_htpasswd_writes_is_read() -> None:
    assert users_in(f"alice:{HASH}\r\n  \nbob:{HASH}") == ({"alice": HASH, "bob": HASH}, [])


@pytest.mark.parametrize("password", ["", "short", "x" * 73, "ü" * 37, "two\nlines", "nul\0nul\0"])
def test_a_password_that_bcrypt_would_change_is_refused(password: str) -> None:
    with pytest.raises(BadPassword):
        hash_of(password)


def test_a_hash_is_of_its_password_only() -> None:
    hashed = hash_of("ü" * 36)
    assert fits("ü" * 36, hashed)
    assert not fits("ü" * 35, hashed)
    assert not fits("any", "no hash")


def test_what_is_no_password_is_told_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\udcff\udcfesecret-word"))
    assert run("add", "alice", "--password-file", "-") == 2
    monkeypatch.setattr("getpass.getpass", lambda _: input())
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert run("add", "alice") == 2
    told = capsys.readouterr().err
    assert told == (
        "error: the password is not UTF-8\n"
        "error: no password was given: without a terminal, use --password-file\n"
    )
    assert not list(folder.iterdir())


def test_users_that_two_commands_add_at_once_are_both_there(folder: Path) -> None:
    access = AccessFolder(Path(), Access())
    slow = threading.Event()

    class Slow(AccessFolder):
        def users(self) -> dict[str, str]:
            found = super().users()
            slow.wait(0.3)
            return found

    names = [f"user{number}" for number in range(4)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: Slow(Path(), Access()).set_user(name, "wonderland"), names))
    assert sorted(access.users()) == names
    assert sorted(users_in((folder / "users").read_text())[0]) == names


def test_a_folder_that_git_does_not_ignore_yet_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for told in (True, False):
        monkeypatch.setattr("sys.stdin", io.StringIO("wonderland"))
        assert run("add", "alice", "--password-file", "-") == 0
        assert ("run `watchkeeper render` before you commit" in capsys.readouterr().err) is told
        (folder / ".gitignore").write_text("*\n")


def test_users_are_added_listed_and_removed(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("wonderland\n"))
    assert run("add", "alice", "--password-file", "-") == 0
    (tmp_path / "word").write_text("looking-glass\r\n")
    assert run("add", "bob", "--password-file", str(tmp_path / "word")) == 0
    users = users_in((folder / "users").read_text())[0]
    assert fits("wonderland", users["alice"])
    assert fits("looking-glass", users["bob"])
    capsys.readouterr()
    assert run("list", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out) == {"users": ["alice", "bob"], "faults": []}
    assert run("remove", "alice") == 0
    assert (folder / "web.yml").read_text().count("$2b$") == 1


@pytest.mark.parametrize("name", ["watchkeeper", "a:b", "", "a b"])
def test_some_names_are_refused(name: str, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "word").write_text("wonderland")
    assert run("add", name, "--password-file", str(tmp_path / "word")) == 2
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("content", [b"alice:hunter2\n", b"\xff\xfe"])
def test_a_damaged_file_of_users_is_kept_and_told(
    content: bytes, folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (folder / "users").write_bytes(content)
    (tmp_path / "word").write_text("wonderland")
    assert run("add", "bob", "--password-file", str(tmp_path / "word")) == 2
    assert run("list") == 1
    shown = capsys.readouterr()
    assert "hunter2" not in shown.out + shown.err
    assert (folder / "users").read_bytes() == content


def test_a_spec_without_access_has_no_users(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("monitoring/SLO_DEFINITIONS.yml").write_text("version: watchkeeper/v1\nservice: shop\n")
    assert run("list") == 2
    assert "no `access` under `stack`" in capsys.readouterr().err


def test_the_stacks_own_user_is_made_once_and_repaired(tmp_path: Path) -> None:
    access = AccessFolder(tmp_path, Access())
    users = access.prepare()
    password = (access.path / "password").read_text()
    assert fits(password, users["watchkeeper"])
    before = (access.path / "users").read_text()
    assert access.prepare() == users
    assert (access.path / "users").read_text() == before
    (access.path / "users").unlink()
    (access.path / "password").write_text(f"{password}\n")
    assert fits(password, access.prepare()["watchkeeper"])
    assert (access.path / "password").read_text() == password


def test_missing_and_wrong_certificates_are_all_told_at_once(tmp_path: Path) -> None:
    access = AccessFolder(tmp_path, Access(tls=ServerTls(server_name="a")))
    with pytest.raises(AccessRefused) as refused:
        access.prepare()
    assert [line.split()[0].rpartition("/")[2] for line in str(refused.value).splitlines()] == [
        "tls.crt",
        "tls.key",
        "ca.crt",
    ]
    assert not access.path.exists()
    authority = Authority(access.path)
    one, other = authority.pair("tls", "a"), authority.pair("other", "a")
    (access.path / "tls.key").write_bytes(other.key.read_bytes())
    assert [(name, fault.name) for name, fault in access.faults()] == [("tls.key", "wrong-key")]
    (access.path / "tls.key").write_bytes(authority.pair("tls", "a").key.read_bytes())
    assert list(access.faults()) == []
    assert one.certificate.exists()
    assert "tls_server_config" in (access.prepare() and (access.path / "web.yml").read_text())


def test_the_certificate_of_the_page_is_accepted(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    text = (Path(__file__).parents[3] / "docs/access.md").read_text()
    commands = text.partition("## A certificate")[2].partition("```sh\n")[2].partition("```")[0]
    subprocess.run(["bash", "-e", "-c", commands], cwd=tmp_path, check=True, capture_output=True)
    access = AccessFolder(tmp_path, Access(tls=ServerTls(server_name="monitoring.example.com")))
    assert set(access.prepare()) == {"watchkeeper"}
    other = AccessFolder(tmp_path, Access(tls=ServerTls(server_name="other.example.com")))
    with pytest.raises(AccessRefused, match=r"other\.example\.com"):
        other.prepare()


def tls_folder(root: Path, name: str, trusted: TlsAuthority, *, signed_by: str) -> AccessFolder:
    """Return a folder with a certificate for monitoring.test and 192.0.2.1, and the authority `one`."""
    access = AccessFolder(root, Access(tls=ServerTls(server_name=name, authority=trusted)))
    access.path.mkdir(parents=True)
    one = Authority(root / "one")
    pair = (one if signed_by == "one" else Authority(root / signed_by)).pair(
        "a", "monitoring.test", "192.0.2.1"
    )
    for file, path in (("tls.crt", pair.certificate), ("tls.key", pair.key), ("ca.crt", one.file)):
        (access.path / file).write_bytes(path.read_bytes())
    return access


@pytest.mark.parametrize("trusted", ["private", "system"])
@pytest.mark.parametrize("name", ["other.test", "192.0.2.7", "MONITORING.test", "192.0.2.1"])
def test_a_certificate_for_another_name_is_refused(tmp_path: Path, name: str, trusted: TlsAuthority) -> None:
    access = tls_folder(tmp_path, name, trusted, signed_by="one")
    if name in ("MONITORING.test", "192.0.2.1"):
        assert "watchkeeper" in access.prepare()
        return
    told = rf"access/tls\.crt is not for {name}, the name with which clients reach the stack; write one"
    with pytest.raises(AccessRefused, match=told):
        access.prepare()


def test_a_certificate_of_another_authority_is_refused(tmp_path: Path) -> None:
    access = tls_folder(tmp_path, "monitoring.test", "private", signed_by="two")
    with pytest.raises(AccessRefused, match=r"access/tls\.crt is not signed by ca\.crt: .*; write the chain"):
        access.prepare()


def test_what_the_system_trusts_is_known_where_the_clients_run(tmp_path: Path) -> None:
    assert tls_folder(tmp_path, "monitoring.test", "system", signed_by="two").prepare()
