"""Label matchers that can select no series, or that exclude none: each a problem at its place, with what exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from watchkeeper.exposed.label_pattern import accepted
from watchkeeper.exposed.useless_matchers import Matcher, UselessMatcher, useless_matchers
from watchkeeper.model.http_dialect import STATUS_CODES
from watchkeeper.model.position import Position
from watchkeeper.spec.formats import Malformed
from watchkeeper.spec.problem import Problem
from watchkeeper.spec.promql import user_promql
from watchkeeper.spec.promql.located_promql import Query, find_word, position_at
from watchkeeper.spec.promql.matcher_places import matcher_places
from watchkeeper.spec.promql.vocabulary import Vocabulary

_CLASS_OF_CODES = re.compile(r"([1-5])[xX]{2}")
_MOST_SHOWN = 16


def matcher_problems(
    series: str, matchers: tuple[Matcher, ...], query: Query, vocabulary: Vocabulary, *, external: bool
) -> Iterator[Problem]:
    """Yield the problems of one selector's matchers."""
    found = useless_matchers(series, matchers, vocabulary.service, vocabulary.services, external=external)
    for useless in found:
        yield _problem(useless, series, _where(useless.matcher, series, query))


def proof_series_problems(query: Query, vocabulary: Vocabulary, *, external: bool) -> Iterator[Problem]:
    """Yield the problems of a series that a user's proof feeds: a service cannot expose every value."""
    try:
        selectors = list(user_promql.selectors(user_promql.parse(query.text)))
    except Malformed:
        # The reader of the alert has reported it.
        return
    for selector in selectors:
        # A series of another service or job shows that the alert does not read it.
        own = {"service", "job", *dict(vocabulary.service.own_labels)}
        others = tuple(one for one in selector.matchers if one[0] not in own)
        yield from matcher_problems(selector.metric or "", others, query, vocabulary, external=external)


def _where(matcher: Matcher, series: str, query: Query) -> Position:
    places = [(metric, at) for metric, found, at in matcher_places(query.text) if found == matcher]
    offset = next((at for metric, at in places if metric == series), places[0][1] if places else None)
    return position_at(offset, query) if offset is not None else find_word(matcher[0], query)


def _problem(useless: UselessMatcher, series: str, where: Position) -> Problem:
    written, is_negative = _text(useless.matcher), useless.matcher[1].startswith("!")
    match useless.fault:
        case "selects nothing" if is_negative:
            message = f"{written} excludes every series of {series} ({_existing(useless)})"
            return Problem(where, "WK224", message, "exclude fewer of them")
        case "selects nothing":
            message = f"{written} selects no series of {series} ({_existing(useless)})"
            return Problem(where, "WK224", message, _remedy(useless) or "name a value that exists")
        case "excludes nothing":
            message = f"{written} excludes no series of {series} ({_existing(useless)})"
            return Problem(where, "WK225", message, _remedy(useless) or "leave it out")
    message = f"no series of {series} satisfies {written} together with its other matchers"
    return Problem(where, "WK224", message, "write matchers that one series can satisfy")


def _text(matcher: Matcher) -> str:
    label, op, value = matcher
    return f'{label}{op}"{value}"'


def _existing(useless: UselessMatcher) -> str:
    """Return the values that exist, in words."""
    label, values = useless.matcher[0], useless.values
    if _are_codes(values):
        return f"its codes are 100 to 599, and {values[-1] or 'none'}"
    shown = list(values[:_MOST_SHOWN])
    more = [f"{len(values) - len(shown)} more"] if len(values) > len(shown) else []
    return f"its values of {label} are " + ", ".join([*shown, *more])


def _are_codes(values: tuple[str, ...]) -> bool:
    return values[:-1] == STATUS_CODES


def _remedy(useless: UselessMatcher) -> str | None:
    """Return what was probably meant; None when nothing is close."""
    label, op, value = useless.matcher
    is_negative = op.startswith("!")
    as_pattern = "!~" if is_negative else "=~"
    pattern = _CLASS_OF_CODES.sub(r"\1..", value) if _are_codes(useless.values) else value
    meant = accepted("=~", pattern, useless.values)
    if meant and len(meant) < len(useless.values) and (op, value) != (as_pattern, pattern):
        return f"did you mean {_text((label, as_pattern, pattern))}?"
    close = _closest(value, useless.values)
    return f'did you mean "{close}"?' if close is not None else None


def _closest(value: str, values: tuple[str, ...]) -> str | None:
    number = _number(value)
    if number is not None and (same := [one for one in values if _number(one) == number]):
        return same[0]
    folded = {one.casefold(): one for one in values}
    if value.casefold() in folded:
        return folded[value.casefold()]
    # Digits that look alike are not close: 5000 is no misspelling of 500.
    close = get_close_matches(value, values, n=1) if number is None else []
    return close[0] if close else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
