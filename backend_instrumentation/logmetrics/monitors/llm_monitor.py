"""Records calls of language models."""

from __future__ import annotations

from typing import ClassVar

from ..feed import metrics_feed
from .lightweight_monitor import LightweightPerformanceMonitor


class LLMMonitor(LightweightPerformanceMonitor):
    """Records `llm_call`; also feeds the families `ai_*`."""

    module: ClassVar[str] = "llm"

    def record_llm_call(
        self,
        model: str,
        provider: str,
        response_time: float,
        prompt_tokens: int = 0,
        completion_tokens: int = 0,
        total_tokens: int | None = None,
        success: bool = True,
        **fields: object,
    ) -> None:
        """Record one call; `response_time` in seconds is the record's `duration`; never raises.

        `total_tokens` is the sum of the other two unless it is given.
        """
        total = total_tokens
        if total is None:
            # Clients answer None when they did not count.
            total = (prompt_tokens or 0) + (completion_tokens or 0)
        self.logger.log_timer(
            "llm_call",
            response_time,
            **{
                **fields,
                "success": success,
                "model": model,
                "provider": provider,
                "prompt_tokens": prompt_tokens,
                "completion_tokens": completion_tokens,
                "total_tokens": total,
            },
        )
        if self.feed_metrics:
            metrics_feed.llm_call(
                self.metrics, model, response_time, prompt_tokens, completion_tokens, success
            )
