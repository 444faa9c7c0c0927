"""Pictures of the mails at the widths of a phone and a desktop: the reviewed ones of tests/notifications/expected."""

from __future__ import annotations

import hashlib
import re
import struct
import subprocess
import tempfile
import zlib
from html import escape
from pathlib import Path

from scripts.pictures.progress import Progress
from tests.browser import find_browser

ROOT = Path(__file__).resolve().parents[2]
MAILS = ROOT / "tests" / "notifications" / "expected"
IMAGES = ROOT / "docs" / "images"
# Which mails are shown, and how wide in pixels.
PICTURES = {
    "email-firing": (375, 800),
    "email-many": (375, 800),
    "email-resolved": (375,),
}
SOURCE = b"Source-SHA256"
# A window is never narrower than a browser's own buttons, but a frame is.
_MEASURE = (
    '<!doctype html><title></title><iframe style="width:{width}px;border:0" srcdoc="{page}" '
    'onload="document.title = this.contentDocument.body.scrollHeight"></iframe>'
)
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def digest(mail: str) -> str:
    """Return the digest of a mail, which its pictures contain: a test notices pictures of an older mail."""
    return hashlib.sha256((MAILS / f"{mail}.html").read_bytes()).hexdigest()


def source_of(picture: bytes) -> str:
    """Return the digest that a picture contains, or nothing."""
    start = picture.find(b"tEXt" + SOURCE + b"\0")
    return picture[start + 5 + len(SOURCE) :][:64].decode("ascii") if start >= 0 else ""


def make(images: Path, progress: Progress) -> None:
    """Write every picture."""
    browser = find_browser()
    assert browser is not None
    for mail, widths in PICTURES.items():
        for width in widths:
            path = images / f"{mail}-{width}.png"
            path.write_bytes(_with_source(_picture(browser, mail, width), digest(mail)))
            progress.say(path.name)


def _picture(browser: str, mail: str, width: int) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        page, picture = Path(folder, "mail.html"), Path(folder, "mail.png")
        html = (MAILS / f"{mail}.html").read_text(encoding="utf-8")
        page.write_text(html, encoding="utf-8")
        measured = Path(folder, "measured.html")
        measured.write_text(_MEASURE.format(width=width, page=escape(html)), encoding="utf-8")
        shown = _run(browser, 1000, 1000, "--dump-dom", measured.as_uri())
        height = re.search(r"<title>(\d+)</title>", shown)
        if height is None:
            raise SystemExit(f"the height of {mail} is unknown:\n{shown[:500]}")
        _run(browser, width, int(height[1]), f"--screenshot={picture}", page.as_uri())
        return picture.read_bytes()


def _run(browser: str, width: int, height: int, *options: str) -> str:
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    done = subprocess.run(
        [*command, f"--window-size={width},{height}", *options], capture_output=True, text=True, check=True
    )
    return done.stdout


def _with_source(picture: bytes, text: str) -> bytes:
    """Return the picture with a text chunk after its header, which has a fixed length."""
    end = len(_SIGNATURE) + 25
    body = b"tEXt" + SOURCE + b"\0" + text.encode("ascii")
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return picture[:end] + chunk + picture[end:]
