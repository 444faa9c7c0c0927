"""The pictures of docs/report.md: a month with an outage, a gap and a quiet incident."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from scripts.pictures.progress import Progress
from tests.browser import browser, find_browser
from tests.integration.recorded import prometheus
from tests.integration.report.recorded_month import Alert, Month, Recorded

# Name, page and size of each picture; the narrow one is as phones show it at night.
_PICTURES = (
    ("team", "team.html", (1280, 1130)),
    ("charts", "charts.html", (1280, 560)),
    ("customer", "customer.html", (1280, 1000)),
    ("phone", "team.html", (375, 900)),
)
_PHONE = 600
# The last rollup of October ends in the first five minutes of November.
_AT = "2026-11-01T00:10"
_SPEC = """
version: watchkeeper/v1
service: checkout
description: The shop's checkout.
team: payments
targets: ["checkout:8000"]
signals: [http]
slos:
  - {name: availability, description: Requests answered without an error, objective: 99.9%, window: 30d,
     sli: {availability: http}}
  - {name: latency, description: Requests answered within 500 ms, objective: 97%, window: 7d,
     sli: {latency: http, threshold: 500ms}}
sla: {availability: 99.5%, latency: {quantile: 0.95, below: 500ms}, support: {critical: 1h}}
notify:
  receivers: {pager: {type: pagerduty, routing_key_file: secrets/pager}}
  routes: {critical: [pager], warning: [pager], info: [pager]}
"""
_NOTES = """
incidents:
  - from: 2026-10-10T10:00:00Z
    to: 2026-10-10T10:40:00Z
    slo: availability
    cause: a migration locked the orders table
    public: Orders failed during a change of the database.
    postmortem: https://wiki.example.com/postmortems/42
"""


def _at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp())


def sample() -> Month:
    """Return two months of a service whose October had an outage, a gap of the record and an incident without a page."""
    start, end = _at("2026-09-01"), _at(_AT)
    outage, quiet = (
        (_at("2026-10-10T10:00"), _at("2026-10-10T10:40")),
        (_at("2026-10-20T12:00"), _at("2026-10-20T13:00")),
    )
    hole = (_at("2026-10-15T03:00"), _at("2026-10-15T05:00"))

    def traffic(when: int) -> float:
        return 18.0 if 8 <= when // 3600 % 24 < 20 else 4.0

    def failing(when: int) -> float:
        if outage[0] <= when < outage[1]:
            return 0.6
        return 0.05 if quiet[0] <= when < quiet[1] else 0.0002

    alerts = (
        Alert("CheckoutAvailabilityFastBurn", (outage[0] + 120, outage[1] + 900)),
        Alert("CheckoutAvailabilitySlowBurn", (outage[0] + 600, outage[1] + 7200), "slow_burn", "warning"),
        Alert(
            "VeryHighLatency",
            (_at("2026-10-25T01:00"), _at("2026-10-25T01:10")),
            "latency_quantile",
            "critical",
            'service="checkout"',
        ),
    )
    return Month(
        (
            Recorded(
                "checkout-availability",
                start,
                end,
                traffic,
                failing,
                gaps=(hole,),
                alerts=alerts,
                evaluated_from=_at("2026-10-01"),
            ),
            Recorded(
                "checkout-latency",
                start,
                end,
                traffic,
                lambda when: 0.012 + 0.02 * (when // 86_400 % 7 == 1),
                target=lambda _: 0.97,
                gaps=(hole,),
                evaluated_from=_at("2026-10-01"),
            ),
        )
    )


def make(images: Path, progress: Progress) -> None:
    """Write the page and its pictures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        progress.say("two months of a service are written")
        with prometheus(folder, sample()) as server:
            for audience in ("team", "customer"):
                _report(folder, server, audience)
        (folder / "charts.html").write_text(_one_objective((folder / "team.html").read_text()))
        with browser() as tab:
            for part, page, (width, height) in _PICTURES:
                tab.open((folder / page).as_uri(), width=width, height=height, dark=width < _PHONE)
                tab.picture(images / f"report-{part}-{width}.png")
                progress.say(f"report-{part}-{width}.png")
        _paper(folder, images, progress)


def _report(folder: Path, server: str, audience: str) -> None:
    # Relative paths: the page shows them.
    (folder / "SLO_DEFINITIONS.yml").write_text(_SPEC)
    (folder / "notes.yml").write_text(_NOTES)
    period = ["--prometheus", server, "--month", "2026-10", "--at", _AT, "--audience", audience]
    command = [sys.executable, "-m", "watchkeeper", "report", "SLO_DEFINITIONS.yml", *period]
    done = subprocess.run(
        [*command, "--notes", "notes.yml", "--out", f"{audience}.html"], cwd=folder, check=False
    )
    assert done.returncode in (0, 1)


def _one_objective(page: str) -> str:
    """Return the page with the section of its first objective only."""
    head, _, rest = page.partition("<header>")
    section = rest.partition('<section id="o0">')[2].partition("</section>")[0]
    return f'{head}<main><section id="o0">{section}</section></main>'


def _paper(folder: Path, images: Path, progress: Progress) -> None:
    """Print the page; needs pdftoppm (Debian: apt-get install poppler-utils)."""
    if shutil.which("pdftoppm") is None:
        progress.say("report-paper.png is not made again: pdftoppm is missing")
        return
    program, pdf = find_browser(), folder / "team.pdf"
    assert program is not None
    flags = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
    profile = f"--user-data-dir={folder / 'profile'}"
    command = [program, *flags, profile, "--no-pdf-header-footer", f"--print-to-pdf={pdf}"]
    subprocess.run([*command, str(folder / "team.html")], check=True, capture_output=True, timeout=120)
    shown = images / "report-paper"
    subprocess.run(["pdftoppm", "-png", "-r", "60", "-singlefile", pdf, shown], check=True)
    progress.say("report-paper.png")
