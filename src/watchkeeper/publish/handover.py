"""Files that their maker needs no more: each text is let go as soon as its bytes are made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


class HandedOver(Mapping[str, str]):
    """A mapping that is emptied by going through its items once; a large render is held once and not twice."""

    def __init__(self, files: dict[str, str]) -> None:
        self._files = files

    def __getitem__(self, path: str) -> str:
        return self._files[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def items(self) -> Iterator[tuple[str, str]]:  # type: ignore[override]
        """Yield each file and forget it."""
        for path in list(self._files):
            yield path, self._files.pop(path)
