"""The demo's AI assistant: it takes a moment, answers politely and records its tokens."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Final

from backend_instrumentation.logmetrics import LLMMonitor
from backend_instrumentation.tracing import TracingManager

MODELS: Final = ("hello-small", "hello-large")
_THINKING_SECONDS: Final = {"hello-small": (0.01, 0.05), "hello-large": (0.04, 0.13)}


class Assistant:
    """Answers messages with one of its models."""

    def __init__(self, monitor: LLMMonitor, tracing: TracingManager) -> None:
        self._monitor = monitor
        # What people write to an assistant is private: it is not a span attribute.
        self._think = tracing.with_tracing("assistant think", record_args=False)(_think)

    async def reply(self, text: str) -> tuple[str, str]:
        """Return the model that answered and its answer."""
        model = random.choice(MODELS)
        started = time.perf_counter()
        answer = await self._think(model, text)
        # One line of the performance log, and the families ai_*.
        self._monitor.record_llm_call(
            model,
            "helloagents",
            time.perf_counter() - started,
            prompt_tokens=len(text.split()),
            completion_tokens=len(answer.split()),
            success=True,
        )
        return model, answer


async def _think(model: str, text: str) -> str:
    await asyncio.sleep(random.uniform(*_THINKING_SECONDS[model]))
    return f"You said {len(text.split())} words. Tell me more."
