"""The two text formats of a scrape: their negotiation, and how they write names, labels and numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from prometheus_client import exposition as plain_text
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import exposition as open_metrics
from prometheus_client.utils import floatToGoString

END: Final = b"# EOF\n"
_GO_EXPONENTS_FROM: Final = 1e6
_KNOWN_VERSIONS: Final = ("", "0.0.1", "1.0.0")


@dataclass(frozen=True, slots=True)
class Format:
    """A text format; `encode` is prometheus-client's own writer."""

    content_type: str
    open_metrics: bool
    encode: Callable[[Any], bytes]


TEXT: Final = Format("text/plain; version=0.0.4; charset=utf-8", False, plain_text.generate_latest)
OPEN_METRICS: Final = Format(
    "application/openmetrics-text; version=1.0.0; charset=utf-8", True, open_metrics.generate_latest
)


class Collected:
    """Collected metrics, in the form that prometheus-client's writers take."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def selected(collectable: Any, names: Collection[str]) -> Iterator[Metric]:
    """Yield the samples of those names of a registry, also of collectors that describe no names."""
    for metric in collectable.collect():
        samples = [sample for sample in metric.samples if sample.name in names]
        if samples:
            metric.samples = samples
            yield metric


def negotiated(accept: str) -> Format:
    """Return the format that an Accept header prefers; plain text when it names no known format."""
    best, weight = TEXT, 0.0
    for entry in accept.split(","):
        kind, *parameters = (part.strip() for part in entry.split(";"))
        given = dict(parameter.partition("=")[::2] for parameter in parameters)
        wanted = _format(kind.lower(), given.get("version", "").strip('"'))
        quality = _quality(given.get("q", "1"))
        if wanted is not None and quality > weight:
            best, weight = wanted, quality
    return best


def gzip_accepted(accept_encoding: str) -> bool:
    """Return whether an Accept-Encoding header accepts gzip."""
    for entry in accept_encoding.split(","):
        coding, _, quality = entry.partition(";")
        if coding.strip().lower() == "gzip":
            return _quality(quality.strip().removeprefix("q=") or "1") > 0
    return False


def _format(kind: str, version: str) -> Format | None:
    if kind == "application/openmetrics-text" and version in _KNOWN_VERSIONS:
        return OPEN_METRICS
    return TEXT if kind in ("text/plain", "text/*", "*/*") else None


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def number(value: float) -> str:
    """Return a sample's value as Go prints it: "2.0", "1e+06", "+Inf"."""
    if -_GO_EXPONENTS_FROM < value < _GO_EXPONENTS_FROM:
        return float.__repr__(value + 0.0)
    return str(floatToGoString(value))  # type: ignore[no-untyped-call]


def labels(pairs: Iterable[tuple[str, str]]) -> str:
    """Return the label part of a sample, sorted by name; "" without labels."""
    text = ",".join(f'{name}="{escaped(value)}"' for name, value in sorted(pairs))
    return f"{{{text}}}" if text else ""


def escaped(value: str) -> str:
    """Return a label value, escaped as in both formats."""
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def header(name: str, kind: str, help_text: str, style: Format) -> str:
    """Return the HELP and TYPE lines of a family; OpenMetrics names a counter without its `_total`."""
    named = name.removesuffix("_total") if style.open_metrics and kind == "counter" else name
    text = help_text.replace("\\", "\\\\").replace("\n", "\\n")
    if style.open_metrics:
        text = text.replace('"', '\\"')
    return f"# HELP {named} {text}\n# TYPE {named} {kind}\n"


def exemplar(given: Any) -> str:
    """Return the text of an exemplar after a value; "" for None."""
    if given is None:
        return ""
    named: Mapping[str, str] = given.labels
    inside = ",".join(f'{name}="{escaped(value)}"' for name, value in sorted(named.items()))
    timestamp = "" if given.timestamp is None else f" {given.timestamp}"
    return f" # {{{inside}}} {number(given.value)}{timestamp}"
