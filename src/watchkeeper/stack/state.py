"""The folder of everything that a running stack keeps; nothing else of a native stack is written anywhere."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from watchkeeper.stack.stack_error import StackError

VARIABLE = "WATCHKEEPER_STATE"
_FOLDERS = (
    "bin",
    "prometheus",
    "alertmanager",
    "logs",
    "data/prometheus",
    "data/alertmanager",
    "data/jaeger",
)
# What `down --volumes` removes: only names that stand here, so that a mistyped folder loses nothing.
_OWNED = (
    "bin",
    "prometheus",
    "alertmanager",
    "logs",
    "data",
    "sinks.jsonl",
    "supervisord.pid",
    "supervisor.sock",
    "stack.json",
    "lock",
    ".gitignore",
)
# supervisord binds a longer name of its own first, and the kernel takes 107 bytes.
_LONGEST_SOCKET = 92


@dataclass(frozen=True, slots=True)
class State:
    """A state folder by its absolute path; it need not exist yet."""

    folder: Path

    @property
    def prometheus(self) -> Path:
        """Return the folder that Prometheus takes its configuration from."""
        return self.folder / "prometheus"

    @property
    def alertmanager(self) -> Path:
        """Return the folder that Alertmanager takes its configuration from."""
        return self.folder / "alertmanager"

    @property
    def record(self) -> Path:
        """Return the file that tells what was started here."""
        return self.folder / "stack.json"

    @property
    def socket(self) -> Path:
        """Return supervisord's socket; in the folder for temporary files if the state's path is too long."""
        beside = self.folder / "supervisor.sock"
        return beside if len(os.fsencode(beside)) <= _LONGEST_SOCKET else self._runtime_folder() / "s.sock"

    def log(self, program: str) -> Path:
        """Return the file that a program of the stack writes to."""
        return self.folder / "logs" / f"{program}.log"

    def create(self) -> None:
        """Make the folders, open to their owner only; raise StackError where that cannot be."""
        require_plain(self.folder)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name in _FOLDERS:
                (self.folder / name).mkdir(parents=True, exist_ok=True)
            (self.folder / ".gitignore").write_text("*\n", encoding="utf-8")
            if self.socket.parent != self.folder:
                _private(self.socket.parent)
        except OSError as error:
            raise StackError(f"the state folder {self.folder} cannot be made: {error.strerror}") from error

    def remove(self) -> None:
        """Delete what the stack keeps, data included, and the folder itself unless others keep files in it."""
        for path in [self.folder / name for name in _OWNED]:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        if self.socket.parent != self.folder:
            shutil.rmtree(self.socket.parent, ignore_errors=True)
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()

    def _runtime_folder(self) -> Path:
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
        return Path(tempfile.gettempdir(), f"watchkeeper-{os.getuid()}-{digest}")


def state_of(root: Path, *, chosen: Path | None = None) -> State:
    """Return the state of the stack of `root`: the chosen folder, else $WATCHKEEPER_STATE, else ROOT/.watchkeeper."""
    named = chosen or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    folder = named.expanduser() if named else root / ".watchkeeper"
    # One folder, one name: processes are recognised by it.
    return State(folder.resolve())


def require_plain(path: Path) -> None:
    """Raise StackError for a path that a process file cannot say: with quotes, backslashes or line breaks."""
    if any(character in str(path) for character in '"\\\n\r'):
        raise StackError(f"{str(path)!r}: quotes, backslashes and line breaks cannot stand in this path")


def _private(folder: Path) -> None:
    """Make a folder in a place that everyone may write to, or take it if it is ours alone."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise StackError(f"{folder} belongs to someone else: remove it, or choose another state folder")
