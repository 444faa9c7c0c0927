"""Evaluates alert rules and notifies handlers; one that raises or hangs never stops the others."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from ..checks import health_feed
from ..checks.check_result import without_secrets
from .alert_rules import Alert, AlertRule

Handler = Callable[[Alert], object]

_MOST_KEPT: Final = 1000


@dataclass
class _Firing:
    started: float
    notified: bool = False


@dataclass
class _RuleState:
    firing: _Firing | None = None
    last_notice: float = field(default=float("-inf"))


class AlertManager:
    """Rules and handlers. `check_alerts` waits at most `handler_seconds` for all handlers together.

    A handler is a function of an `Alert`; one that still runs gets no further alert meanwhile, which is counted.
    """

    def __init__(
        self,
        rules: Iterable[AlertRule] = (),
        handlers: Iterable[Handler] = (),
        *,
        enabled: bool = True,
        handler_seconds: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._enabled = enabled
        self._handler_seconds = handler_seconds
        self._clock = clock
        self._lock = threading.RLock()
        self._rules: dict[str, AlertRule] = {}
        self._states: dict[str, _RuleState] = {}
        self._handlers: list[_HandlerThread] = []
        self._recent: deque[Alert] = deque(maxlen=_MOST_KEPT)
        for rule in rules:
            self.add_rule(rule)
        for handler in handlers:
            self.add_handler(handler)

    def add_rule(self, rule: AlertRule) -> None:
        """Evaluate the rule from now on, in place of one of the same name. Raises TypeError for another object."""
        if not isinstance(rule, AlertRule):
            raise TypeError(f"add_rule() takes an AlertRule, not {type(rule).__name__}")
        with self._lock:
            self._rules[rule.name] = rule
            self._states.setdefault(rule.name, _RuleState())

    def add_handler(self, handler: Handler) -> None:
        """Notify the handler of each alert from now on. Raises TypeError for what is no function."""
        if not callable(handler):
            raise TypeError("add_handler() takes a function of an Alert")
        self._handlers.append(_HandlerThread(handler))

    def check_alerts(self, metrics: Any) -> list[Alert]:
        """Evaluate all rules, notify the handlers, and return the notifications; never raises."""
        if not self._enabled:
            return []
        with self._lock:
            notices = [
                notice for rule in tuple(self._rules.values()) for notice in self._evaluated(rule, metrics)
            ]
            self._recent.extend(notices)
        self._notify(notices)
        return notices

    def firing(self) -> list[str]:
        """Return the names of the rules that fire."""
        with self._lock:
            return [name for name, state in self._states.items() if state.firing is not None]

    def recent(self) -> list[Alert]:
        """Return the latest notifications, at most 1000, oldest first."""
        with self._lock:
            return list(self._recent)

    def _evaluated(self, rule: AlertRule, metrics: Any) -> list[Alert]:
        try:
            fires = bool(rule.condition(metrics))
        except Exception:
            health_feed.GUARD.note(f"evaluating the alert rule {rule.name}")
            return []  # the state before is kept: nothing is known
        state, now = self._states[rule.name], self._clock()
        if fires:
            return self._fires(rule, state, metrics, now)
        ended, state.firing = state.firing, None
        if ended is None or not ended.notified:
            return []
        return [self._alert(rule, ended, _text(rule, metrics, resolved=True), resolved=True)]

    def _fires(self, rule: AlertRule, state: _RuleState, metrics: Any, now: float) -> list[Alert]:
        if state.firing is None:
            state.firing = _Firing(time.time())
        if now - state.last_notice < rule.cooldown:
            return []
        state.last_notice, state.firing.notified = now, True
        return [self._alert(rule, state.firing, _text(rule, metrics, resolved=False), resolved=False)]

    def _alert(self, rule: AlertRule, firing: _Firing, message: str, *, resolved: bool) -> Alert:
        return Alert(rule.name, rule.level, message, firing.started, time.time(), resolved, rule.cooldown)

    def _notify(self, notices: list[Alert]) -> None:
        if not notices:
            return
        deadline = time.monotonic() + self._handler_seconds
        started = [handler for handler in tuple(self._handlers) if handler.start(notices)]
        for handler in started:
            handler.wait(deadline - time.monotonic())


def _text(rule: AlertRule, metrics: Any, *, resolved: bool) -> str:
    if resolved and not isinstance(rule.message, str):
        return f"{rule.name} has ceased"  # the function describes values that are past
    try:
        text = rule.message if isinstance(rule.message, str) else rule.message(metrics)
        return without_secrets(text)
    except Exception:
        health_feed.GUARD.note(f"writing the message of the alert rule {rule.name}")
        return rule.name


class _HandlerThread:
    """Calls one handler with one list of alerts at a time."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._thread: threading.Thread | None = None

    def start(self, alerts: list[Alert]) -> bool:
        """Start to notify, unless the handler still runs; returns whether it was started."""
        try:
            if self._thread is not None and self._thread.is_alive():
                raise TimeoutError("the handler still handles an earlier alert, this one is dropped")
            self._thread = threading.Thread(
                target=self._run, args=(alerts,), name="alert handler", daemon=True
            )
            self._thread.start()
        except Exception:
            health_feed.GUARD.note(f"notifying {_name(self._handler)}")
            return False
        return True

    def wait(self, seconds: float) -> None:
        """Wait until the handler has ended, at most that long."""
        if self._thread is not None:
            self._thread.join(max(0.0, seconds))

    def _run(self, alerts: list[Alert]) -> None:
        for alert in alerts:
            self._handle(alert)

    def _handle(self, alert: Alert) -> None:
        try:
            self._handler(alert)
        except BaseException:  # noqa: BLE001, RUF100 - SystemExit of a handler ends this alert only
            health_feed.GUARD.note(f"notifying {_name(self._handler)}")


def _name(handler: object) -> str:
    return str(getattr(handler, "__name__", None) or type(handler).__name__)
