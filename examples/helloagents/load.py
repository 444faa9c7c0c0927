"""A steady, bounded load on the demo, until SIGTERM; it continues while the service is down.

Needs only the standard library: `python load.py --url http://127.0.0.1:8000 --rate 20`.
"""

from __future__ import annotations

import argparse
import http.client
import json
import queue
import random
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

WORKERS: Final = 64
TIMEOUT_SECONDS: Final = 10.0
AGENTS: Final = ("ada", "grace", "alan", "edsger")


@dataclass(frozen=True, slots=True)
class Call:
    """One request of the mix, chosen in proportion to its weight."""

    weight: int
    method: str
    path: str
    body: str | None = None


def _page(route: str, milliseconds: int) -> str:
    """Return what a browser reports of a page."""
    vitals = {"LCP": milliseconds * 0.8, "INP": 60, "FCP": milliseconds * 0.5, "TTFB": milliseconds * 0.1}
    return json.dumps({"route": route, "load": milliseconds, "vitals": vitals})


MIX: Final = (
    Call(45, "GET", "/api/v1/agents"),
    Call(30, "GET", "/api/v1/agents/{agent}/messages"),
    Call(20, "POST", "/api/v1/agents/{agent}/messages", json.dumps({"text": "hello there, how are you?"})),
    Call(5, "POST", "/api/v1/sandbox/executions", json.dumps({"code": "print('hello')"})),
    # Browsers report how long a page took to load.
    Call(2, "POST", "/api/v1/page-loads", _page("/", 900)),
    Call(1, "POST", "/api/v1/page-loads", _page("/agents/{agent}", 1800)),
)


class Worker(threading.Thread):
    """Sends the calls of the queue over one connection, and reopens it when it breaks."""

    def __init__(self, calls: queue.Queue[Call], host: str, port: int, tally: Tally) -> None:
        super().__init__(daemon=True)
        self._calls = calls
        self._tally = tally
        self._connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)

    def run(self) -> None:
        while True:
            call = self._calls.get()
            try:
                self._tally.answered(self._send(call))
            except (OSError, http.client.HTTPException):
                self._connection.close()
                self._tally.unanswered()

    def _send(self, call: Call) -> int:
        path = call.path.format(agent=random.choice(AGENTS))
        self._connection.request(call.method, path, call.body, {"content-type": "application/json"})
        response = self._connection.getresponse()
        response.read()
        return response.status


class Tally:
    """Counts the answers, and reports on standard error when the service stops and resumes answering."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._away = False
        self.ok = self.failed = self.lost = self.skipped = 0

    def answered(self, status: int) -> None:
        """Count an answer; 5xx is a failed one."""
        with self._lock:
            self.ok += status < 500
            self.failed += status >= 500
            self._now(away=False)

    def unanswered(self) -> None:
        """Count a request that got no answer."""
        with self._lock:
            self.lost += 1
            self._now(away=True)

    def _now(self, *, away: bool) -> None:
        if away != self._away:
            self._away = away
            print("load: the service is", "away" if away else "back", file=sys.stderr, flush=True)


def drive(host: str, port: int, *, rate: float, seconds: float | None, stop: threading.Event) -> Tally:
    """Send `rate` requests a second until `stop` is set or `seconds` have passed; late ones are skipped."""
    tally = Tally()
    calls: queue.Queue[Call] = queue.Queue(maxsize=WORKERS)
    for _ in range(WORKERS):
        Worker(calls, host, port, tally).start()
    started = due = time.monotonic()
    while not stop.wait(max(0.0, due - time.monotonic())):
        now = time.monotonic()
        if seconds is not None and now - started >= seconds:
            break
        try:
            calls.put_nowait(random.choices(MIX, weights=[call.weight for call in MIX])[0])
        except queue.Full:
            tally.skipped += 1
        due = max(due + 1 / rate, now)  # after a pause of this process, no burst
    return tally


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the load and end with one line of totals."""
    parser = argparse.ArgumentParser(prog="load", description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--rate", type=float, default=20.0, help="requests a second, at most 200")
    parser.add_argument("--seconds", type=float, help="stop after this time")
    options = parser.parse_args(arguments)
    address = urlsplit(options.url)
    if address.scheme != "http" or not address.hostname or not 0 < options.rate <= 200:
        parser.error("--url must be http://HOST:PORT, and --rate above 0 and at most 200")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    tally = drive(address.hostname, address.port or 80, rate=options.rate, seconds=options.seconds, stop=stop)
    print(f"load: {tally.ok} ok, {tally.failed} failed, {tally.lost} lost, {tally.skipped} skipped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
