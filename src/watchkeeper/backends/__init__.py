"""Each backend is a pure function from the plan to `{relative path: text}`; none imports another, none decides."""

from __future__ import annotations
