"""Write the contract's list of packs into both JSON schemas: python scripts/pack_schemas.py"""

from __future__ import annotations

import json
import re
from pathlib import Path

from backend_instrumentation.contract import PACKS

ROOT = Path(__file__).parents[1]
KEYS = {
    ROOT / "backend_instrumentation" / "instrumentation.schema.json": "packs",
    ROOT / "src" / "watchkeeper" / "spec" / "schema.json": "signals",
}
"""Each schema, and its key whose items are packs."""


def with_packs(schema: str, key: str, packs: tuple[str, ...] = PACKS) -> str:
    """Return the schema's text with the packs as the `enum` of the key's items; the layout stays."""
    found = re.search(rf'"{key}": \{{[^{{}}]*"items": \{{\s*"enum": (?P<list>\[(?P<gap>\s*)[^]]*\])', schema)
    if found is None:
        raise ValueError(f"the schema has no list of packs at {key!r}")
    quoted, gap = [json.dumps(pack) for pack in packs], found["gap"]
    text = f"[{gap}{f',{gap}'.join(quoted)}{gap[:-2]}]" if gap else f"[{', '.join(quoted)}]"
    return schema[: found.start("list")] + text + schema[found.end("list") :]


if __name__ == "__main__":
    for path, key in KEYS.items():
        path.write_text(with_packs(path.read_text(), key))
