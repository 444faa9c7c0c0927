"""Where the bearer token is that protects the metrics. It is read again for each request, so it can change at any time."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TOKEN_FILE: Final = "METRICS_TOKEN_FILE"  # noqa: S105 -- the name of a variable
TOKEN: Final = "METRICS_TOKEN"  # noqa: S105 -- the name of a variable
_SCHEME: Final = b"bearer "
_LARGEST_FILE: Final = 65_536
_LONGEST_HEADER: Final = 8_192


@dataclass(frozen=True, slots=True)
class MetricsGuard:
    """Where the token of the metrics is: in a file, else in the environment.

    Each line of the file is a valid token, so that the old and the new one are both valid while a token changes.
    Without a file, METRICS_TOKEN_FILE names one, and METRICS_TOKEN is a token. Where no token is found, nobody is
    allowed.
    """

    file: Path | None = None

    def tokens(self, environ: Mapping[str, str] = os.environ) -> list[bytes]:
        """Return the tokens that are valid now; raise OSError for a file that cannot be read."""
        named = self.file or environ.get(TOKEN_FILE)
        if named:
            with Path(named).open("rb") as stream:
                lines = stream.read(_LARGEST_FILE).splitlines()
        else:
            lines = [environ.get(TOKEN, "").encode("utf-8", "surrogateescape")]
        return [line.strip() for line in lines if line.strip()]

    def allows(self, header: bytes) -> bool:
        """Return whether an Authorization header has a valid token; its time tells nothing about the tokens."""
        if len(header) > _LONGEST_HEADER or header[: len(_SCHEME)].lower() != _SCHEME:
            return False
        given, fits = _digest(header[len(_SCHEME) :].strip()), False
        for token in self.tokens():
            # Every token is compared, whether an earlier one fits or not.
            fits |= hmac.compare_digest(given, _digest(token))
        return fits


def guard_of(given: object, left_out: list[str]) -> MetricsGuard | None:
    """Return what an argument `metrics_guard` means: None, True for the environment, or the path of a file.

    Anything else is named in `left_out`, and refuses every scrape instead of none.
    """
    if given is None or given is False:
        return None
    if given is True:
        return MetricsGuard()
    if isinstance(given, MetricsGuard):
        return given
    if isinstance(given, str | os.PathLike) and (path := os.fspath(given)) and isinstance(path, str):
        return MetricsGuard(Path(path))
    left_out.append("metrics_guard: write True, the path of a file with the token, or a MetricsGuard")
    return MetricsGuard(Path(os.devnull))


def _digest(token: bytes) -> bytes:
    # Of equal length, so that not even the length of a token can be measured.
    return hashlib.sha256(token).digest()
