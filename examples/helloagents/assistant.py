"""The demo's AI assistant: it thinks for a moment, answers politely and counts its tokens."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Final

from backend_instrumentation import Instruments

MODELS: Final = ("hello-small", "hello-large")
_THINKING_SECONDS: Final = {"hello-small": (0.01, 0.05), "hello-large": (0.04, 0.13)}


class Assistant:
    """Answers messages with one of its models."""

    def __init__(self, instruments: Instruments) -> None:
        self._requests = instruments.counter("ai_requests_total")
        self._duration = instruments.histogram("ai_response_duration_seconds")
        self._tokens = instruments.counter("ai_tokens_total")

    async def reply(self, text: str) -> tuple[str, str]:
        """Return the model that answered and its answer."""
        model = random.choice(MODELS)
        started = time.perf_counter()
        await asyncio.sleep(random.uniform(*_THINKING_SECONDS[model]))
        answer = f"You said {len(text.split())} words. Tell me more."
        self._duration.labels(model=model).observe(time.perf_counter() - started)
        self._requests.labels(model=model, status="success").inc()
        self._tokens.labels(model=model, kind="prompt").inc(len(text.split()))
        self._tokens.labels(model=model, kind="completion").inc(len(answer.split()))
        return model, answer
