"""The messages on the page are those that a test received, and the pictures show the same mails."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from scripts.pictures.messages import IMAGES, MAILS, PICTURES, digest, source_of

PAGE = Path(__file__).parents[3] / "docs" / "notifications.md"
BLOCK = re.compile(r"<!-- message: ([^ ]+)(?: ([a-z]+))? -->\n```text\n(.*?)```\n", re.DOTALL)


def test_each_message_on_the_page_is_one_that_was_received() -> None:
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert len(blocks) >= 3
    for name, key, shown in blocks:
        text = (MAILS / name).read_text(encoding="utf-8")
        expected = _value(json.loads(text), key) if key else text
        assert shown == expected.strip("\n") + "\n", name


def _value(message: object, key: str) -> str:
    """Return the first text under a key, wherever it is."""
    pending = [message]
    while pending:
        item = pending.pop(0)
        if isinstance(item, dict):
            if isinstance(item.get(key), str):
                return str(item[key])
            pending += item.values()
        elif isinstance(item, list):
            pending += item
    raise AssertionError(f"no {key}")


@pytest.mark.parametrize(("mail", "width"), [(mail, width) for mail in PICTURES for width in PICTURES[mail]])
def test_each_picture_shows_the_mail_of_today(mail: str, width: int) -> None:
    picture = IMAGES / f"{mail}-{width}.png"
    assert source_of(picture.read_bytes()) == digest(mail), "run: python scripts.pictures.messages.py"
    assert f"images/{picture.name}" in PAGE.read_text(encoding="utf-8")
    assert len(picture.read_bytes()) < 150_000
