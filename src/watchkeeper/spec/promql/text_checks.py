"""Compare the references in an alert's texts with the labels that its expression returns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from watchkeeper.did_you_mean import did_you_mean
from watchkeeper.model.alert import Preset
from watchkeeper.model.text_references import FORMATS, Reference, references
from watchkeeper.spec.document.cursor import Cursor
from watchkeeper.spec.formats import Malformed
from watchkeeper.spec.preset_shapes import PRESET_SHAPES
from watchkeeper.spec.problem import Problem
from watchkeeper.spec.promql import user_promql
from watchkeeper.spec.promql.located_promql import Query, position_at
from watchkeeper.spec.promql.result_labels import Labels, result_labels
from watchkeeper.spec.promql.vocabulary import Vocabulary

_TEXTS = ("summary", "description")
_ALLOWED = f"allowed are {{{{ $labels.NAME }}}}, {{{{ $value }}}} and {{{{ $value | FORMAT }}}} with {', '.join(FORMATS)}"


def text_problems(alert: Cursor, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Yield a problem for each reference of an alert's texts that cannot be filled in."""
    for key in _TEXTS:
        text = alert.text(key) if alert.has(key) and not alert.is_broken(key) else None
        found = references(text) if text else ()
        if text and found:
            node = alert.go(key).node
            query = Query(text, node.where, node, alert.reading.document.inside)
            labels = _labels(alert, vocabulary)
            for one in found:
                yield from _problems(one, labels, query)


def _problems(one: Reference, labels: Labels, query: Query) -> Iterator[Problem]:
    where = position_at(one.offset, query)
    if not one.action:
        yield Problem(where, "WK240", f"{one.written[:60]} cannot be filled in", _ALLOWED)
    elif one.label is not None and labels is not None and one.label not in labels:
        message = f"the alert's expression returns no label {one.label}"
        known = f"it returns {', '.join(sorted(labels))}" if labels else "it returns one value without labels"
        yield Problem(where, "WK240", message, did_you_mean(one.label, labels, known))


def _labels(alert: Cursor, vocabulary: Vocabulary) -> Labels:
    """Return the labels of an alert's series; any label where the alert has problems of its own."""
    if alert.is_broken("preset") or alert.is_broken("expr"):
        return None
    preset, expression = alert.text("preset"), alert.text("expr")
    if preset is not None:
        return frozenset(PRESET_SHAPES[cast("Preset", preset)].labels)
    try:
        return result_labels(user_promql.parse(expression or ""), vocabulary, external=alert.flag("external"))
    except Malformed:
        return None
