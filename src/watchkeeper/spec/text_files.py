"""Text files of the team's own that a spec names: notes and the form of its runbooks."""

from __future__ import annotations

from pathlib import Path

from watchkeeper import naming
from watchkeeper.model.text_file import TextFile
from watchkeeper.spec.document.cursor import Cursor

_MOST_BYTES = 256 * 1024
CODE = "WK012"


def text_file(place: Cursor, key: str) -> TextFile | None:
    """Return the file that a key names, None where it names none or its file cannot be read, which is reported."""
    named = place.text(key)
    if named is None:
        return None
    # Positions are shown as the user would type them, so they lead to the files.
    path = Path(place.reading.document.file).parent / named
    reason, text = _read(path)
    if path.as_posix().endswith(naming.RUNBOOK_FORM):
        reason = f"{naming.RUNBOOK_FORM} is rendered, and would be replaced"
    if reason:
        remedy = f"looked for {path.as_posix()}; paths are relative to the file that names them"
        remedy = "copy it to another name" if reason.endswith("replaced") else remedy
        place.report(CODE, f"`{key}`: {reason}", remedy, value=key)
        return None
    return TextFile(path.as_posix(), text, place.value_where(key))


def _read(path: Path) -> tuple[str, str]:
    """Return why the file cannot be used, or its text; one of both is empty, the text of an empty file too."""
    try:
        if path.exists() and not path.is_file():
            return "this is not a regular file", ""
        with path.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        return f"cannot be read: {(getattr(error, 'strerror', None) or str(error)).lower()}", ""
    if len(data) > _MOST_BYTES:
        return f"the file is larger than {_MOST_BYTES // 1024} KiB", ""
    try:
        return "", data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return f"byte 0x{data[error.start]:02x} is not UTF-8", ""
