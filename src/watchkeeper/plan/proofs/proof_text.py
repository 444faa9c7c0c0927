"""One promtool file of proofs in pieces: SLOs of one profile share the pieces, and names fill the slots."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from watchkeeper.emit.template import fill

_GLOB = re.compile(r"[*?\[\\]")
_PLAIN_PATH = re.compile(r"[\w./~-]+")


@dataclass(frozen=True, slots=True)
class ProofText:
    """`path` is below the folder of proofs, `rules` is the published rule file below the root.

    `names` has the text of every slot but the path of the rules, each as it is before it is quoted.
    """

    path: str
    rules: str
    pieces: tuple[str, ...]
    names: Mapping[str, str]

    @property
    def parts(self) -> tuple[str, ...]:
        """Return everything that the text depends on but the path of the rules, its pieces as one word."""
        return (self.path, self.template, *(part for pair in self.names.items() for part in pair))

    @property
    def template(self) -> str:
        """Return a word that is the same for texts of the same pieces."""
        return _digest(self.pieces)

    def text(self, rules: str, header: str = "") -> str:
        """Return the file's text; `rules` is the path of the rule file as promtool finds it from the file's folder."""
        values = {name: value.replace("'", "''") for name, value in self.names.items()}
        comment = "".join(f"# {line}\n" for line in header.splitlines())
        return comment + fill(self.pieces, {**values, "path": _quoted(rules)})


@lru_cache(maxsize=4096)
def _digest(pieces: tuple[str, ...]) -> str:
    # No piece has a zero byte.
    return sha256("\0".join(pieces).encode()).hexdigest()


def _quoted(path: str) -> str:
    """Return a path that promtool, which expects a pattern, reads as itself."""
    pattern = _GLOB.sub(lambda match: f"\\{match[0]}", path)
    return pattern if _PLAIN_PATH.fullmatch(pattern) else "'" + pattern.replace("'", "''") + "'"
