"""The screens of docs/status.md: what tmux shows at 80 columns and 24 lines while a burn alert fires."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

from scripts.pictures.progress import Progress
from watchkeeper.prometheus_api import instant

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "status.md"
WATCHKEEPER = Path(sys.executable).with_name("watchkeeper")
_FIRING = 'ALERTS{alertstate="firing", alert_kind="fast_burn"}'
# A total outage fires within five minutes, and its notification follows.
_PATIENCE, _NOTIFIED, _LOOK = 420.0, 20.0, 10.0


def make(folder: Path, prometheus: str, progress: Progress) -> None:
    """Write both screens of a stack into the page, as soon as its outage has notified."""
    deadline = time.monotonic() + _PATIENCE
    while not instant(prometheus, _FIRING):
        if time.monotonic() > deadline:
            raise SystemExit("error: no burn alert fires")
        progress.say("all answers fail, until the burn alert fires")
        time.sleep(_LOOK)
    progress.wait_until(time.monotonic() + _NOTIFIED, "the burn alert notifies")
    text = PAGE.read_text(encoding="utf-8")
    for name, screen in _screens(folder).items():
        block = f"<!-- screen: {name} -->\n```text\n{screen}```\n"
        text = re.sub(rf"<!-- screen: {name} -->\n```text\n.*?```\n", lambda _: block, text, flags=re.DOTALL)  # noqa: B023
    PAGE.write_text(text, encoding="utf-8")
    progress.say("docs/status.md")


def _screens(folder: Path) -> dict[str, str]:
    server = f"watchkeeper-{folder.name}"
    tmux = ["tmux", "-L", server]
    start = [
        "new-session",
        "-d",
        "-x",
        "80",
        "-y",
        "24",
        "-s",
        "s",
        "-c",
        str(folder),
        f"{WATCHKEEPER} status",
    ]
    subprocess.run([*tmux, *start], check=True)
    try:
        time.sleep(4)
        overview = _captured(tmux)
        subprocess.run([*tmux, "send-keys", "-t", "s", "Enter"], check=True)
        time.sleep(2)
        return {"overview": overview, "objective": _captured(tmux)}
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)


def _captured(tmux: list[str]) -> str:
    command = [*tmux, "capture-pane", "-p", "-t", "s"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
