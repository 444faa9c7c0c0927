"""File systems of networks and of user space, as far as they sync less than others."""

from __future__ import annotations

import os
import stat

import pytest


def fail_for_folders(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Let a sync of a folder fail, as file systems of networks do, and none of a file."""
    sync = os.fsync

    def failing(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        sync(descriptor)

    monkeypatch.setattr("os.fsync", failing)
