"""The result of one run of a check, and how a function's return value becomes one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from ...redaction import redacted_text

State = Literal["pass", "warn", "fail", "skipped", "unknown"]

STATES: Final[tuple[State, ...]] = ("pass", "warn", "fail", "skipped", "unknown")
_MOST_CHARACTERS: Final = 300


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A state with its reason; `observed` is a number in `unit`, such as 0.02 and "s".

    `skipped` means that there is nothing to check, for example because a feature is not configured.
    """

    state: State
    message: str = ""
    observed: float | None = None
    unit: str = ""

    def __post_init__(self) -> None:
        if self.state not in STATES:
            raise ValueError(f"{self.state!r} is no state; there are {', '.join(STATES)}")
        object.__setattr__(self, "message", without_secrets(self.message))


def result_of(value: object) -> CheckResult:
    """Return the result that a check's return value means.

    None and True pass, False fails, a state is itself. Anything else says nothing about health: `unknown`.
    """
    if isinstance(value, CheckResult):
        return value
    if value is None or value is True:
        return CheckResult("pass")
    if value is False:
        return CheckResult("fail", "the check returned False")
    if isinstance(value, str) and value in STATES:
        return CheckResult(value)
    kind = type(value).__name__
    return CheckResult(
        "unknown",
        f"the check returned a value of type {kind}; it returns None, a bool, a state or a CheckResult",
    )


def result_of_error(error: BaseException) -> CheckResult:
    """Return the result of a check that raised."""
    try:
        text = str(error)
    except Exception:  # an exception whose text cannot be made is still a failure
        text = ""
    return CheckResult("fail", f"{type(error).__name__}: {text}" if text else type(error).__name__)


def without_secrets(text: object) -> str:
    """Return one line of at most 300 characters, without what looks like a secret or a DSN's user."""
    line = " ".join(redacted_text(str(text)).split())
    return line if len(line) <= _MOST_CHARACTERS else f"{line[: _MOST_CHARACTERS - 1]}…"
