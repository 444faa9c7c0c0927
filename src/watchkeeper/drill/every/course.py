"""The course of one drilled alert, from the fault to the message that it is over."""

from __future__ import annotations

from dataclasses import dataclass, field

from watchkeeper.drill.every.stack_look import Snapshot
from watchkeeper.drill.every.trials import Trial
from watchkeeper.sinks.delivery import Delivery, Status

_LEEWAY_SECONDS = 30.0
_BASE_SECONDS = 60.0


@dataclass(slots=True)
class Course:
    """What happened, in seconds since the fault, None where it did not; `healed` is when the fault was removed.

    `notified` and `resolved_notified` are the moments by receiver. `wrong` lists what should not be; it is empty
    until something is known to be wrong.
    """

    trial: Trial
    started_unix: float
    pending: float | None = None
    firing: float | None = None
    healed: float | None = None
    resolved: float | None = None
    ended: float | None = None
    notified: dict[str, float] = field(default_factory=dict)
    resolved_notified: dict[str, float] = field(default_factory=dict)
    muted_by: tuple[str, ...] = ()
    wrong: list[str] = field(default_factory=list)

    @property
    def is_told(self) -> bool:
        """Return whether it fires, and every receiver knows or Alertmanager mutes it."""
        return self.firing is not None and (bool(self.muted_by) or self._knows(self.notified))

    @property
    def is_done(self) -> bool:
        """Return whether nothing more is expected."""
        return self.ended is not None

    @property
    def passed(self) -> bool:
        """Return whether all of it happened as it should."""
        return self.is_done and not self.wrong

    def see(self, now: Snapshot) -> None:
        """Record what is new in a snapshot."""
        if self.is_done:
            return
        seconds, state = now.unix - self.started_unix, now.state(self.trial.alert)
        if state != "inactive" and self.pending is None:
            self.pending = seconds
        if state == "firing" and self.firing is None:
            self._fires(seconds)
        if (
            self.healed is not None
            and self.resolved is None
            and state == "inactive"
            and self.firing is not None
        ):
            self.resolved = seconds
        if not self.notified:
            self.muted_by = self.muted_by or now.muted_by(self.trial.alert)
        about = [
            one for one in now.deliveries if one.received >= self.started_unix and self.trial.is_about(one)
        ]
        self._receive(about, "firing", self.notified)
        self._receive(about, "resolved", self.resolved_notified)
        self._end(seconds, about, is_over=now.is_over(self.trial.alert))

    def _fires(self, seconds: float) -> None:
        self.firing, off = seconds, seconds - self.trial.due
        if abs(off) > self.trial.allowed:
            direction = "later" if off > 0 else "earlier"
            self.wrong.append(
                f"fired {abs(off):.0f} s {direction} than predicted, {self.trial.allowed:.0f} s are allowed"
            )

    def _receive(self, about: list[Delivery], status: Status, moments: dict[str, float]) -> None:
        for target in self.trial.targets:
            if target.label in moments:
                continue
            came = [one.received for one in about if one.status == status and target.takes(one)]
            if came:
                moments[target.label] = min(came) - self.started_unix

    def _end(self, seconds: float, about: list[Delivery], *, is_over: bool) -> None:
        """End the course when all has happened, or when something is overdue."""
        told_all = self._knows(self.notified) and self._knows(self.resolved_notified)
        stayed_muted = bool(self.muted_by) and not self.notified
        if self.resolved is not None and (told_all or (stayed_muted and is_over)):
            self.ended = seconds
        elif (missing := self._overdue(seconds)) is not None:
            self.wrong.append(missing)
            self.ended = seconds
        if self.is_done:
            self._check_others(about)

    def _overdue(self, seconds: float) -> str | None:
        trial, stack_rounds = self.trial, float(self.trial.route.group_interval.seconds)
        if self.healed is None:
            limit = trial.notified_due + trial.allowed + _LEEWAY_SECONDS + stack_rounds
            if seconds <= limit or self.is_told:
                return None
            return (
                f"does not fire within {limit:.0f} s"
                if self.firing is None
                else self._silent(self.notified, limit)
            )
        alert = trial.alert
        kept = sum(float(one.seconds) for one in (alert.window, alert.keep_firing) if one is not None)
        limit = kept + _BASE_SECONDS + _LEEWAY_SECONDS + 2 * stack_rounds
        if seconds - self.healed <= limit:
            return None
        if self.resolved is None:
            return (
                f"is not resolved {limit:.0f} s after the fault was removed"
                if self.firing is not None
                else "never fired"
            )
        moments = self.resolved_notified if self._knows(self.notified) else self.notified
        return self._silent(moments, limit)

    def _silent(self, moments: dict[str, float], limit: float) -> str:
        names = ", ".join(target.label for target in self.trial.targets if target.label not in moments)
        what = "that it is over" if moments is self.resolved_notified else "of it"
        return f"{names} not told {what} within {limit:.0f} s"

    def _check_others(self, about: list[Delivery]) -> None:
        """Record notifications about this alert that the spec does not ask for."""
        unexpected = [one for one in about if not any(target.takes(one) for target in self.trial.targets)]
        for channel in sorted({one.channel for one in unexpected}):
            count = sum(one.channel == channel for one in unexpected)
            self.wrong.append(f"{channel}: {count} notifications that the spec does not ask for")

    def _knows(self, moments: dict[str, float]) -> bool:
        return all(target.label in moments for target in self.trial.targets)
