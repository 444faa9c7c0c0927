"""The real tools that checks and the stack run: found on this machine, or built from pinned Go modules."""

from __future__ import annotations

from watchkeeper.verify.toolchain.cache import cache_root
from watchkeeper.verify.toolchain.elf import is_static
from watchkeeper.verify.toolchain.go import Go, find_go
from watchkeeper.verify.toolchain.obtain import ensure
from watchkeeper.verify.toolchain.pins import MODULES, Module, locate, tool_names
from watchkeeper.verify.toolchain.progress import Console, Progress, Report, console
from watchkeeper.verify.toolchain.search import find, search
from watchkeeper.verify.toolchain.values import Origin, Search, Skipped, Tool, ToolchainError

__all__ = [
    "MODULES",
    "Console",
    "Go",
    "Module",
    "Origin",
    "Progress",
    "Report",
    "Search",
    "Skipped",
    "Tool",
    "ToolchainError",
    "cache_root",
    "console",
    "ensure",
    "find",
    "find_go",
    "is_static",
    "locate",
    "search",
    "tool_names",
]
