"""The series of a filtered indicator: with labels that its filters select, and decoys with labels that they leave out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from watchkeeper import promql_tree
from watchkeeper.exposed.series_labels import family_of, series_labels
from watchkeeper.model.service import Service
from watchkeeper.model.slo import LabelFilter, Sli
from watchkeeper.plan.filter_matchers import filter_matchers
from watchkeeper.plan.proofs.series.chosen_labels import Labels
from watchkeeper.plan.proofs.series.input_series import series_text
from watchkeeper.plan.proofs.series.samples import SECOND, Observed, Series

_EXACT = Decimal("0.001")
_MANY = Decimal(999)


def selected(series: Sequence[Series], sli: Sli, service: Service) -> tuple[Series, ...]:
    """Return the series with labels that the filters select.

    Each value of a list has a series, and together these have as many events as the one that they replace.
    """
    return tuple(
        found for one in series for found in (_selected(one, sli, service) if sli.filters else (one,))
    )


def left_out(series: Sequence[Series], sli: Sli, service: Service) -> tuple[Series, ...]:
    """Return a decoy of each selected counter for each value that a filter or the dialect must leave out."""
    firsts = [one for one in series if one.kind in ("counter", "native") and SECOND not in one.text]
    found = {text: one for one in firsts for text in _left_out(one.text, sli, service)}
    found |= {text: one for one in firsts for text in uncounted_texts(one.text, service)}
    return tuple(_decoy(text, one) for text, one in sorted(found.items()))


def uncounted_texts(text: str, service: Service) -> Iterator[str]:
    """Yield a series of requests with each route that the rules of its dialect leave out."""
    name, labels = _read(text)
    if family_of(name) == service.http.duration:
        for route in service.http.uncounted:
            yield series_text(name, {**labels, service.http.route: route})


def assumed_values(sli: Sli, series: Sequence[Series], service: Service) -> tuple[str, ...]:
    """Return the filters that select values which nobody declares, each with its metric."""
    counters = (one for one in series if one.kind in ("counter", "native"))
    first = next((_read(one.text)[0] for one in counters), "")
    return tuple(
        f'{first} with {label}{op}"{value}"'
        for one, (label, op, value) in zip(sli.filters, filter_matchers(sli), strict=True)
        if not one.is_excluded and not _closed(first, one, sli, service)
    )


def _selected(one: Series, sli: Sli, service: Service) -> Iterator[Series]:
    if one.kind not in ("counter", "native"):
        yield one
        return
    name, labels = _read(one.text)
    for each in sli.filters:
        labels[each.label] = _inside(each, labels.get(each.label, "proof"), _closed(name, each, sli, service))
    listed = [each for each in sli.filters if not each.is_excluded]
    rows = [labels, *({**labels, each.label: value} for each in listed for value in each.values[1:])]
    for row, share in zip(rows, _shares(len(rows)), strict=True):
        yield replace(one, text=series_text(name, row), share=one.share * share)


def _left_out(text: str, sli: Sli, service: Service) -> Iterator[str]:
    name, labels = _read(text)
    for each in sli.filters:
        for value in _outside(each, _closed(name, each, sli, service)):
            yield series_text(name, {**labels, each.label: value})


def _decoy(text: str, one: Series) -> Series:
    if one.kind == "counter":
        return Series(text, "counter")
    return Series(text, "constant", value=Observed().growing(Observed(_MANY, _MANY), one.value))


def _inside(one: LabelFilter, current: str, closed: Sequence[str]) -> str:
    """Return a value that the filter selects."""
    if not one.is_excluded:
        return one.values[0]
    tried = closed or (current, f"{current}-proof")
    return next((value for value in tried if value not in one.values), current)


def _outside(one: LabelFilter, closed: Sequence[str]) -> Iterator[str]:
    """Yield values that the filter leaves out: those that it names, or some that resemble the ones that it selects."""
    if one.is_excluded:
        yield from one.values
    elif closed:
        yield from [value for value in closed if value not in one.values][:1]
    else:
        # A pattern that is not anchored, or not escaped, would select these.
        near = (f"{one.values[0]}/decoy", *(value.replace(".", "x") for value in one.values))
        yield from dict.fromkeys(value for value in near if value not in one.values)


def _closed(name: str, one: LabelFilter, sli: Sli, service: Service) -> Sequence[str]:
    """Return all values of the filter's label, none where they are open."""
    return series_labels(name, service, external=sli.external).closed.get(one.label, ())


def _shares(count: int) -> list[Decimal]:
    """Return equal parts of 1, exact: the last has what is left."""
    part = (1 / Decimal(count)).quantize(_EXACT)
    return [*[part] * (count - 1), 1 - part * (count - 1)]


def _read(text: str) -> tuple[str, Labels]:
    node = promql_tree.parse(text)
    labels = {label: value for label, _, value in promql_tree.matchers(node) if label != "__name__"}
    return promql_tree.metric_name(node), labels
