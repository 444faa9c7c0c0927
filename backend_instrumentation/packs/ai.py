"""The pack `ai`: requests to models by outcome, response time, and tokens by kind."""

from __future__ import annotations

from ..recording.timer import Timer
from .pack_metrics import Recording, outcome


class AiPack:
    """Records the AI assistant's responses; `model` is an open label, bounded to 200 values."""

    def __init__(self, recording: Recording) -> None:
        self._context = recording.context
        self._requests = recording.metric("ai_requests_total")
        self._duration = recording.metric("ai_response_duration_seconds")
        self._tokens = recording.metric("ai_tokens_total")

    def request(self, model: str) -> AiRequest:
        """Time and count one request: `with ai.request("large") as call:`, or as a decorator."""
        return AiRequest(self, model)

    def response(
        self,
        *,
        model: str,
        prompt_tokens: int = 0,
        completion_tokens: int = 0,
        duration: float | None = None,
        success: bool = True,
    ) -> None:
        """Count one response, successful or not; `duration` in seconds."""
        self._requests.inc(model=model, status=outcome(success))
        if duration is not None:
            self._duration.observe(duration, model=model)
        for kind, tokens in (("prompt", prompt_tokens), ("completion", completion_tokens)):
            if tokens:
                self._tokens.inc(tokens, model=model, kind=kind)


class AiRequest(Timer):
    """One request to a model; set its tokens when they are known."""

    def __init__(self, pack: AiPack, model: str) -> None:
        super().__init__(pack._context.guard)
        self._pack = pack
        self.model = model
        self.prompt_tokens = 0
        self.completion_tokens = 0

    def _record(self) -> None:
        self._pack.response(
            model=self.model,
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
            duration=self.seconds,
            success=self.success,
        )
