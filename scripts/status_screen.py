"""Make the screens of docs/status.md again: the real stack, a real drill, and tmux at 80 columns and 24 lines."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from watchkeeper.stack.ports.free_ports import free_ports

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "status.md"
WATCHKEEPER = Path(sys.executable).with_name("watchkeeper")
# With short intervals the stack is ready in seconds; windows and thresholds are those of the bundled spec.
_STACK = "  scrape_interval: 2s\n  evaluation_interval: 2s\n  ports:\n"


def main() -> int:
    """Run the drill, and write both screens into the page."""
    if shutil.which("tmux") is None:
        print("error: tmux is missing (Debian: apt-get install tmux)", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _copy_spec(folder)
        try:
            subprocess.run([WATCHKEEPER, "up", "--mode", "native"], cwd=folder, check=True)
            screens = _during_a_drill(folder)
        finally:
            subprocess.run([WATCHKEEPER, "down", "--volumes"], cwd=folder, check=False)
    text = PAGE.read_text(encoding="utf-8")
    for name, screen in screens.items():
        block = f"<!-- screen: {name} -->\n```text\n{screen}```\n"
        text = re.sub(rf"<!-- screen: {name} -->\n```text\n.*?```\n", lambda _: block, text, flags=re.DOTALL)  # noqa: B023
    PAGE.write_text(text, encoding="utf-8")
    return 0


def _copy_spec(folder: Path) -> None:
    ports = "".join(f"    {name}: {port}\n" for name, port in asdict(free_ports()).items())
    spec = (ROOT / "monitoring" / "SLO_DEFINITIONS.yml").read_text(encoding="utf-8")
    (folder / "monitoring").mkdir()
    (folder / "monitoring" / "SLO_DEFINITIONS.yml").write_text(f"{spec.rstrip()}\n{_STACK}{ports}")
    (folder / "examples").symlink_to(ROOT / "examples")


def _during_a_drill(folder: Path) -> dict[str, str]:
    # The budget before the fault needs a few minutes of traffic.
    time.sleep(60)
    command = [WATCHKEEPER, "drill", "--slo", "api-availability", "--errors", "100%"]
    drill = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        for line in drill.stdout or ():
            print(line, end="")
            if "slack: firing" in line:
                return _screens(folder)
    finally:
        drill.terminate()
        drill.wait()
    raise SystemExit("error: the drill ended before its page arrived")


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


if __name__ == "__main__":
    sys.exit(main())
