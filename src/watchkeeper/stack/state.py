"""The folder that keeps everything of a running stack; a native stack writes nowhere else."""

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
# Where a backup and a restore prepare files; what a crash left there, the next one removes.
BACKUP_WORK, RESTORE_WORK = "backup.wk-tmp", "restore.wk-tmp"
# `down --volumes` removes these names only, so that a mistyped folder loses nothing.
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
    BACKUP_WORK,
    RESTORE_WORK,
    ".gitignore",
)
# What drills of receivers proved, and the last good backup: `down --volumes` keeps both.
LEDGER = "receiver-drills.jsonl"
LAST_BACKUP = "last-backup.json"
# The next command finishes the interrupted restore into volumes that it lists, whatever happened to this folder.
RESTORE_JOURNAL = "restore-journal.json"
# supervisord first binds a longer name of its own, and the kernel allows 107 bytes.
_LONGEST_SOCKET = 92


@dataclass(frozen=True, slots=True)
class State:
    """A state folder by its absolute path; it need not exist yet."""

    folder: Path

    @property
    def prometheus(self) -> Path:
        """Return the folder of Prometheus's configuration."""
        return self.folder / "prometheus"

    @property
    def alertmanager(self) -> Path:
        """Return the folder of Alertmanager's configuration."""
        return self.folder / "alertmanager"

    @property
    def record(self) -> Path:
        """Return the file that records what was started here."""
        return self.folder / "stack.json"

    @property
    def socket(self) -> Path:
        """Return supervisord's socket; it is in the folder for temporary files if the state's path is too long."""
        beside = self.folder / "supervisor.sock"
        return beside if len(os.fsencode(beside)) <= _LONGEST_SOCKET else self._runtime_folder() / "s.sock"

    def log(self, program: str) -> Path:
        """Return the file that a program of the stack writes to."""
        return self.folder / "logs" / f"{program}.log"

    def create(self) -> None:
        """Create the folders, open to their owner only; raise StackError when that is impossible."""
        require_plain(self.folder)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name in _FOLDERS:
                (self.folder / name).mkdir(parents=True, exist_ok=True)
            (self.folder / ".gitignore").write_text("*\n", encoding="utf-8")
            if self.socket.parent != self.folder:
                _private(self.socket.parent)
        except OSError as error:
            raise StackError(f"the state folder {self.folder} cannot be created: {error.strerror}") from error

    def remove(self) -> None:
        """Delete the stack's files, including data, and the folder itself unless it contains other files.

        What drills proved and the last backup are no data of the stack. While they are there, git must go on ignoring
        the folder.
        """
        remembered = (LEDGER, LAST_BACKUP, RESTORE_JOURNAL)
        kept = {".gitignore"} if any((self.folder / name).exists() for name in remembered) else set()
        for path in [self.folder / name for name in _OWNED if name not in kept]:
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
    # Processes are recognized by this path, so one folder must have one path.
    return State(folder.resolve())


def require_plain(path: Path) -> None:
    """Raise StackError for a path with quotes, backslashes or line breaks: a process file cannot express it."""
    if any(character in str(path) for character in '"\\\n\r'):
        raise StackError(f"{str(path)!r}: this path must not contain quotes, backslashes or line breaks")


def _private(folder: Path) -> None:
    """Create a folder where everyone may write, or use it if it exists and only this user has access."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise StackError(f"{folder} is not private to this user: remove it, or choose another state folder")
