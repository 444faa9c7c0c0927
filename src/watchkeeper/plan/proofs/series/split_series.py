"""The series of an objective by a label: one value under proof, and a healthy one beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from watchkeeper import promql_tree
from watchkeeper.exposed.series_labels import series_labels
from watchkeeper.model.by_label import ByLabel
from watchkeeper.model.service import Service
from watchkeeper.plan.proofs.series.input_series import series_text
from watchkeeper.plan.proofs.series.samples import Series, growing
from watchkeeper.plan.proofs.slo_proof import ProvenValue

_COUNTED = ("counter", "native")
_STEP = 999


def proven_value(by: ByLabel, series: Sequence[Series], service: Service, *, external: bool) -> ProvenValue:
    """Return the value that the proof is about: the first that is listed, else one that the series can have."""
    if by.values:
        return ProvenValue(by.label, by.values[0], (*by.values[1:], _healthy(by.values[0]))[0])
    name, labels = _read(next(one.text for one in series if one.kind in _COUNTED))
    closed = series_labels(name, service, external=external).closed.get(by.label, ("proof",))
    value = labels.get(by.label, closed[0])
    return ProvenValue(by.label, value, _healthy(value))


def _healthy(value: str) -> str:
    return f"{value}-healthy"


def of_value(series: Sequence[Series], proven: ProvenValue) -> tuple[Series, ...]:
    """Return the series with the value under proof."""
    return tuple(
        replace(one, text=_with(one.text, proven.label, proven.value)) if one.kind in _COUNTED else one
        for one in series
    )


def companions(series: Sequence[Series], proven: ProvenValue) -> Iterator[Series]:
    """Yield the series of another value, of which nothing is ever bad: it must not fire, whatever the first one does."""
    for one in series:
        if one.kind in _COUNTED:
            text = _with(one.text, proven.label, proven.beside)
            yield Series(text, "companion", value=growing(one, _STEP))


def around_value(text: str, proven: ProvenValue) -> tuple[str, str]:
    """Return a series' text before and after the value under proof, to which another value can be written."""
    before, after = text.split(proven.matcher)
    return f'{before}{proven.label}="', f'"{after}'


def _with(text: str, label: str, value: str) -> str:
    name, labels = _read(text)
    return series_text(name, {**labels, label: value})


def _read(text: str) -> tuple[str, dict[str, str]]:
    node = promql_tree.parse(text)
    labels = {label: value for label, _, value in promql_tree.matchers(node) if label != "__name__"}
    return promql_tree.metric_name(node), labels
