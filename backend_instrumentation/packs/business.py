"""The pack `business`: active users, open sessions, uses of features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..recording.timer import Timer
from .pack_metrics import Recording

if TYPE_CHECKING:
    from typing_extensions import Self


class BusinessPack:
    """Records what users do; `feature` is an open label, bounded to 200 values."""

    def __init__(self, recording: Recording) -> None:
        self._context = recording.context
        self._users = recording.metric("business_active_users")
        self._sessions = recording.metric("business_active_sessions")
        self._features = recording.metric("business_feature_uses_total")

    def active(self, *, users: float | None = None, sessions: float | None = None) -> None:
        """Set the users active now and the sessions open now, each if given."""
        if users is not None:
            self._users.set(users)
        if sessions is not None:
            self._sessions.set(sessions)

    def session(self) -> Session:
        """Count one session as open while the block, or the decorated call, runs."""
        return Session(self)

    def feature_used(self, feature: str) -> None:
        """Count one use of a feature."""
        self._features.inc(feature=feature)

    def feature(self, feature: str) -> Feature:
        """Count a use of the feature when a block, or a call of the decorated function, succeeds."""
        return Feature(self, feature)


class Session(Timer):
    """One open session."""

    def __init__(self, pack: BusinessPack) -> None:
        super().__init__(pack._context.guard)
        self._pack = pack

    def __enter__(self) -> Self:
        self._pack._sessions.inc()
        return super().__enter__()

    def _record(self) -> None:
        self._pack._sessions.dec()


class Feature(Timer):
    """One use of a feature, counted unless it failed."""

    def __init__(self, pack: BusinessPack, feature: str) -> None:
        super().__init__(pack._context.guard)
        self._pack = pack
        self.feature = feature

    def _record(self) -> None:
        if self.success:
            self._pack.feature_used(self.feature)
