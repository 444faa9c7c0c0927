"""A recorded series that says which rules Prometheus runs, to be compared with those of the spec on the disk."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from watchkeeper import naming
from watchkeeper.emit.header import generated_from
from watchkeeper.emit.rules_yaml import RuleFile, label_lines

_GROUP = f"{naming.OWN_SERVICE}-spec"
_COMMENT = "Its hash is that of all other rule files: `watchkeeper status` compares it with the spec."


def rules_hash(files: Mapping[str, str]) -> str:
    """Return what distinguishes these rule files, by path, from others; the file of the hash itself does not count."""
    found = hashlib.sha256()
    for path, text in sorted(files.items()):
        if path != naming.SPEC_INFO_FILE:
            found.update(f"{path}\0{text}\0".encode())
    return found.hexdigest()[:16]


def spec_info(files: Mapping[str, str], source: str) -> str:
    """Return the rule file that records the hash of these rule files."""
    out = RuleFile(generated_from(source))
    out.group(_GROUP, comment="Which rules these are.")
    out.record(naming.SPEC_INFO, "vector(1)", label_lines((("hash", rules_hash(files)),)), comment=_COMMENT)
    return out.text()
