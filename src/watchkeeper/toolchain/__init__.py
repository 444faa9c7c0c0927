"""The real tools that checks and the stack run: found on this machine, or built from pinned Go modules."""

from __future__ import annotations

from watchkeeper.toolchain.building.build_progress import Console, Progress, Report, console
from watchkeeper.toolchain.building.go import Go, find_go
from watchkeeper.toolchain.cache import cache_root
from watchkeeper.toolchain.elf import is_static
from watchkeeper.toolchain.found_tool import Origin, Search, Skipped, Tool, ToolchainError
from watchkeeper.toolchain.image import extract
from watchkeeper.toolchain.obtain import ensure
from watchkeeper.toolchain.pins import MODULES, Module, locate, tool_names
from watchkeeper.toolchain.search import find, search

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
    "extract",
    "find",
    "find_go",
    "is_static",
    "locate",
    "search",
    "tool_names",
]
