"""How a sink misbehaves on request, so that retries and lost pages can be tested."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Literal, cast, get_args

from watchkeeper.sinks.channels.answer import Answer
from watchkeeper.sinks.delivery import CHANNELS, Channel

Mode = Literal["ok", "500", "429", "slow"]
MODES: tuple[Mode, ...] = get_args(Mode)


class Modes:
    """Each channel's mode, and how many messages each has refused."""

    def __init__(self, *, slow_seconds: float) -> None:
        """Start with every channel in mode ok; ``slow`` delays an answer by ``slow_seconds``."""
        self._slow_seconds = slow_seconds
        self._modes: dict[Channel, Mode] = dict.fromkeys(CHANNELS, "ok")
        self._refused: dict[Channel, int] = dict.fromkeys(CHANNELS, 0)

    def set(self, wanted: Mapping[str, object]) -> None:
        """Change the named channels' modes, or raise ValueError and change none."""
        for channel, mode in wanted.items():
            if channel not in CHANNELS:
                raise ValueError(f"unknown channel {channel!r}: use one of {', '.join(CHANNELS)}")
            if str(mode) not in MODES:
                raise ValueError(f"unknown mode {str(mode)!r} for {channel}: use one of {', '.join(MODES)}")
        for channel, mode in wanted.items():
            self._modes[cast("Channel", channel)] = cast("Mode", str(mode))

    def now(self) -> dict[Channel, Mode]:
        """Return each channel's mode."""
        return dict(self._modes)

    def refused(self) -> dict[Channel, int]:
        """Return how many messages each channel has refused because of its mode."""
        return dict(self._refused)

    async def refusal(self, channel: Channel) -> int | None:
        """Return the HTTP status of a refusal, or None to accept, after the delay of mode slow."""
        mode = self._modes[channel]
        if mode == "slow":
            await asyncio.sleep(self._slow_seconds)
        if mode not in ("500", "429"):
            return None
        self._refused[channel] += 1
        return int(mode)


def refuse(status: int) -> Answer:
    """Return the HTTP answer of a failing service."""
    if status == 429:
        return Answer(429, "rate_limited", headers={"Retry-After": "1"})
    return Answer(status, "server_error")


def refuse_mail(status: int) -> str:
    """Return the answer of a failing mail server: 4xx requests a retry, 5xx does not."""
    if status == 429:
        return "451 4.7.1 Too many messages, try again later"
    return "554 5.3.0 The mail system has failed"
