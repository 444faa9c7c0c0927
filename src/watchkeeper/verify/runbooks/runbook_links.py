"""Follow the links of runbooks, and the addresses with which alerts link to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from posixpath import dirname, normpath
from urllib.parse import unquote

from watchkeeper import naming
from watchkeeper.plan.plan import PlannedAlert

_BLOCK = re.compile(r"^(?:> ?)?```.*?^(?:> ?)?```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_DASHBOARD = re.compile(r"https?://[^/]+/d/([^?/]+)")
_UID = re.compile(r'^  "uid": "([^"]+)"', re.MULTILINE)
_ELSEWHERE = re.compile(r"[a-z]+:|#", re.IGNORECASE)


class Links:
    """Knows the published files and dashboards; `count` says how many links were followed."""

    def __init__(self, root: Path, dashboards: Iterable[str]) -> None:
        """Read the uids of the dashboards."""
        self._root = root
        self._uids = {uid for path in dashboards for uid in self._uids_of(root / path)}
        self._exists: dict[str, bool] = {}
        self.count = 0

    def faults(self, path: str, text: str) -> Iterator[str]:
        """Yield the links of the page at `path` that lead nowhere; addresses of other sites are not asked for."""
        for address in _LINK.findall(_BLOCK.sub("", text)):
            dashboard = _DASHBOARD.match(address)
            if dashboard is not None:
                self.count += 1
                if unquote(dashboard[1]) not in self._uids:
                    yield f"links to /d/{dashboard[1]}, which no dashboard has"
            elif not _ELSEWHERE.match(address):
                self.count += 1
                target = unquote(address).partition("#")[0]
                if not self._is_there(normpath(f"{dirname(path)}/{target}")):
                    yield f"links to {target}, where no file is"

    def address_faults(self, alert: PlannedAlert, base: str | None) -> Iterator[str]:
        """Yield that an alert's address of its runbook is not that of a published file; a team's own is not looked at."""
        path = alert.runbook_url
        if base is not None and path.startswith(f"{base.rstrip('/')}/"):
            path = f"{naming.RUNBOOKS}/{path.removeprefix(base.rstrip('/')).lstrip('/')}"
        if not _ELSEWHERE.match(path):
            self.count += 1
            if not self._is_there(path):
                yield f"the alert {alert.name} links to {alert.runbook_url}, but there is no {path}"

    def _is_there(self, path: str) -> bool:
        if path not in self._exists:
            self._exists[path] = (self._root / path).exists()
        return self._exists[path]

    @staticmethod
    def _uids_of(path: Path) -> list[str]:
        try:
            return _UID.findall(path.read_text(encoding="utf-8", errors="surrogateescape"))
        except OSError:
            return []
