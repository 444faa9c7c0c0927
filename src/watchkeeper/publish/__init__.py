"""The only writer of rendered files: atomic for each file (not for the set), and it never touches other files."""

from watchkeeper.publish.compare import Change, diff
from watchkeeper.publish.manifest import FOLDER_MANIFEST, MANIFEST
from watchkeeper.publish.refusal import PublishRefused
from watchkeeper.publish.writer import Result, publish

__all__ = ["FOLDER_MANIFEST", "MANIFEST", "Change", "PublishRefused", "Result", "diff", "publish"]
