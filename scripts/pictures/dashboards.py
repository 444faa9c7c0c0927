"""Draw the rendered dashboards on the data of a running stack, with Grafana's own components.

The packages are installed once, into watchkeeper's cache.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from scripts.pictures.progress import Progress
from tests.browser import find_browser
from watchkeeper.local_http import get_json
from watchkeeper.naming import DASHBOARDS
from watchkeeper.toolchain import cache_root

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "tests" / "grafana" / "pictures"
NPM_FLAGS = ("--no-audit", "--no-fund", "--ignore-scripts", "--legacy-peer-deps", "--prefer-offline")
WIDTH, ROW, GAP = 1632, 38, 8
_SECONDS = {"m": 60, "h": 3600, "d": 86_400}
# The pictures, each with the height that a screen shows at once.
PAGES = {
    "helloagents/overview": 1090,
    "helloagents/slo": 1290,
    "watchkeeper/all-objectives": 860,
    "watchkeeper/api-performance": 1090,
    "watchkeeper/sandbox-metrics": 1090,
}
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Moment:
    """The time range of the pictures, in seconds since the epoch."""

    prometheus: str
    start: float
    end: float
    variables: dict[str, str]

    def begins(self, panel: Json) -> float:
        """Return the beginning of a panel's own time range."""
        span = panel.get("timeFrom")
        return self.end - int(span[:-1]) * _SECONDS[span[-1]] if span else self.start

    def filled(self, panel: Json, expr: str) -> str:
        """Return a query with Grafana's variables replaced."""
        whole = round(self.end - self.begins(panel))
        step = max(15, round((self.end - self.start) / 120))
        values = {
            "__rate_interval": f"{4 * step}s",
            "__range_s": str(whole),
            "__range": f"{whole}s",
            **self.variables,
        }
        for name in sorted(values, key=len, reverse=True):
            expr = expr.replace(f"${name}", values[name])
        return expr

    def frames(self, panel: Json) -> Iterator[Json]:
        """Yield the frames of a panel's queries, as Grafana's data source makes them."""
        for target in panel.get("targets", ()):
            expr = self.filled(panel, target["expr"])
            if target["instant"]:
                found = self._ask("query", {"query": expr, "time": self.end})
                yield from (
                    _table(panel, target, found) if target["format"] == "table" else _numbers(target, found)
                )
            else:
                begin = self.begins(panel)
                step = max(15, round((self.end - begin) / 200))
                found = self._ask(
                    "query_range", {"query": expr, "start": begin, "end": self.end, "step": step}
                )
                yield from _lines(target, found)

    def _ask(self, what: str, query: dict[str, object]) -> list[Json]:
        answer = get_json(f"{self.prometheus}/api/v1/{what}?{urlencode(query)}")
        result: list[Json] = answer["data"]["result"]
        return result


def _named(target: Json, labels: dict[str, str]) -> str:
    name = re.sub(r"\{\{(\w+)\}\}", lambda match: labels.get(match[1], ""), target["legendFormat"])
    return name or ", ".join(f'{key}="{value}"' for key, value in labels.items()) or "Value"


def _lines(target: Json, found: list[Json]) -> Iterator[Json]:
    for series in found:
        name = _named(target, series["metric"])
        times = [float(time) * 1000 for time, _ in series["values"]]
        values = [float(value) for _, value in series["values"]]
        yield _frame(target, name, [_field("Time", "time", times), _value(name, values, series["metric"])])


def _numbers(target: Json, found: list[Json]) -> Iterator[Json]:
    for series in found:
        name, (time, value) = _named(target, series["metric"]), series["value"]
        fields = [
            _field("Time", "time", [float(time) * 1000]),
            _value(name, [float(value)], series["metric"]),
        ]
        yield _frame(target, name, fields)


def _table(panel: Json, target: Json, found: list[Json]) -> Iterator[Json]:
    if not found:
        return
    labels = sorted({label for series in found for label in series["metric"]})
    name = "Value" if len(panel["targets"]) == 1 else f"Value #{target['refId']}"
    columns = [
        _field(label, "string", [series["metric"].get(label, "") for series in found]) for label in labels
    ]
    times = [float(series["value"][0]) * 1000 for series in found]
    values = [float(series["value"][1]) for series in found]
    yield _frame(target, name, [_field("Time", "time", times), *columns, _field(name, "number", values)])


def _frame(target: Json, name: str, fields: list[Json]) -> Json:
    return {"refId": target["refId"], "name": name, "fields": fields}


def _field(name: str, kind: str, values: list[Any]) -> Json:
    return {"name": name, "type": kind, "values": values, "config": {}}


def _value(name: str, values: list[float], labels: dict[str, str]) -> Json:
    return {**_field("Value", "number", values), "labels": labels, "config": {"displayNameFromDS": name}}


def page_of(dashboard: Json, moment: Moment) -> tuple[Json, Json]:
    """Return a dashboard with its repeated rows written out, and the frames of its panels."""
    panels: list[Json] = []
    frames: dict[str, list[Json]] = {}
    starts: dict[str, float] = {}
    for panel, chosen in _repeated(dashboard):
        here = Moment(moment.prometheus, moment.start, moment.end, {**moment.variables, **chosen})
        key = f"{panel['id']} {' '.join(chosen.values())}"
        panels.append({**panel, "key": key, "title": here.filled(panel, panel["title"])})
        frames[key] = list(here.frames(panel))
        starts[panel.get("timeFrom", "")] = here.begins(panel)
    data = {"from": moment.start, "to": moment.end, "starts": starts, "frames": frames, "width": WIDTH - GAP}
    return {"panels": panels}, data


def _repeated(dashboard: Json) -> Iterator[tuple[Json, dict[str, str]]]:
    """Yield panels with the values of variables; those after a repeated row once for each of its values."""
    panels = dashboard["panels"]
    start = next((index for index, panel in enumerate(panels) if panel.get("repeat")), len(panels))
    yield from ((panel, {}) for panel in panels[:start])
    if start == len(panels):
        return
    repeat = panels[start]["repeat"]
    (variable,) = (one for one in dashboard["templating"]["list"] if one["name"] == repeat)
    top = panels[start]["gridPos"]["y"]
    height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels[start:]) - top
    for number, value in enumerate(variable["query"].split(",")):
        for panel in panels[start:]:
            place = {**panel["gridPos"], "y": panel["gridPos"]["y"] + number * height}
            yield {**panel, "gridPos": place}, {repeat: value}


def installed() -> Path:
    """Return the folder with Grafana's packages, installed once for each state of the lock file."""
    manifests = (SOURCE / "package.json", SOURCE / "package-lock.json")
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in manifests)).hexdigest()[:12]
    folder = cache_root() / "npm" / f"pictures-{digest}"
    if not folder.is_dir():
        staged = folder.with_suffix(".new")
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir(parents=True)
        for path in manifests:
            shutil.copy(path, staged)
        subprocess.run(["npm", "ci", *NPM_FLAGS], cwd=staged, check=True, stdout=subprocess.DEVNULL)
        staged.rename(folder)
    return folder


def photograph(folder: Path, name: str, page: Json, data: Json, height: int, out: Path) -> Path:
    """Draw one page in a headless browser and return the picture's path."""
    shown = json.dumps({"page": page, "data": data}).replace("<", "\\u003c")
    html = folder / f"{name.replace('/', '-')}.html"
    html.write_text(
        f'<!doctype html><meta charset="utf-8"><div id="root"></div><script>window.shown={shown}</script>'
        '<link rel="stylesheet" href="bundle.css"><script src="bundle.js"></script>',
        encoding="utf-8",
    )
    picture = out / f"{name.rpartition('/')[2]}.png"
    program = find_browser()
    assert program is not None
    command = [
        program, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--allow-file-access-from-files",
        f"--window-size={WIDTH + GAP},{height}", "--virtual-time-budget=8000", f"--screenshot={picture}", html.as_uri(),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    # A third of the size, where it is installed; nobody sees the difference.
    if shutil.which("pngquant"):
        subprocess.run(["pngquant", "--force", "--ext", ".png", "--strip", "64", picture], check=True)
    return picture


def make(root: Path, prometheus: str, since: float, images: Path, progress: Progress) -> None:
    """Draw the pages of a stack in a folder; `since` is when their time range begins, on the monotonic clock."""
    modules = installed()
    end = time.time()
    everything = dict.fromkeys(("instance", "team", "slo"), ".+")
    start = end - (time.monotonic() - since)
    moment = Moment(prometheus, start, end, {**everything, "service": "helloagents"})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(["node", SOURCE / "bundle.mjs", modules, folder / "bundle.js"], check=True)
        for page, height in PAGES.items():
            dashboard = json.loads((root / DASHBOARDS / f"{page}.json").read_text(encoding="utf-8"))
            picture = photograph(folder, page, *page_of(dashboard, moment), height, images)
            progress.say(f"{picture.name}: {picture.stat().st_size // 1024} KiB")
