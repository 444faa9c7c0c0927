"""The demo's AI assistant: it takes a moment, answers politely and counts its tokens."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Final

from backend_instrumentation import Instruments
from backend_instrumentation.tracing import TracingManager

MODELS: Final = ("hello-small", "hello-large")
_THINKING_SECONDS: Final = {"hello-small": (0.01, 0.05), "hello-large": (0.04, 0.13)}


class Assistant:
    """Answers messages with one of its models."""

    def __init__(self, instruments: Instruments, tracing: TracingManager) -> None:
        self._requests = instruments.counter("ai_requests_total")
        self._duration = instruments.histogram("ai_response_duration_seconds")
        self._tokens = instruments.counter("ai_tokens_total")
        # What people write to an assistant is private: it is not a span attribute.
        self._think = tracing.with_tracing("assistant think", record_args=False)(_think)

    async def reply(self, text: str) -> tuple[str, str]:
        """Return the model that answered and its answer."""
        model = random.choice(MODELS)
        started = time.perf_counter()
        answer = await self._think(model, text)
        self._duration.labels(model=model).observe(time.perf_counter() - started)
        self._requests.labels(model=model, status="success").inc()
        self._tokens.labels(model=model, kind="prompt").inc(len(text.split()))
        self._tokens.labels(model=model, kind="completion").inc(len(answer.split()))
        return model, answer


async def _think(model: str, text: str) -> str:
    await asyncio.sleep(random.uniform(*_THINKING_SECONDS[model]))
    return f"You said {len(text.split())} words. Tell me more."
