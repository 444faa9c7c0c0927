"""Certificates of an authority that is made for one test run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates, and writes them and itself to a folder."""

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA()
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / "ca.crt"
        self._ca.cert_pem.write_to_path(str(self.file))

    def pair(self, name: str, *hosts: str, ends: datetime | None = None) -> Pair:
        """Return a new certificate for these hosts, valid until `ends`."""
        made = self._ca.issue_cert(*hosts, not_after=ends)
        found = Pair(self._folder / f"{name}.crt", self._folder / f"{name}.key")
        made.cert_chain_pems[0].write_to_path(str(found.certificate))
        made.private_key_pem.write_to_path(str(found.key))
        return found


LONG_AGO = datetime(2020, 1, 31, tzinfo=timezone.utc)
