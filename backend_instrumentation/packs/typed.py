"""Gives the service's metrics one attribute per pack, made at its first use."""

from __future__ import annotations

from functools import cached_property

from ..config.settings import Settings
from ..guard import Guard
from ..recording.bounded_metric import RecordingContext
from ..registry.collectors import Instrument
from .ai import AiPack
from .business import BusinessPack
from .checkpoint import CheckpointPack
from .database import DatabasePack
from .health import HealthPack
from .operations import OperationsPack
from .own import OwnMetrics
from .pack_metrics import Recording
from .sandbox import SandboxPack
from .tool import ToolPack
from .web import WebPack


class TypedPacks:
    """The packs of the contract, and the service's own metrics, as attributes.

    A pack that is not enabled accepts every call and records nothing, with one warning line.
    """

    settings: Settings
    guard: Guard

    def __getitem__(self, name: str) -> Instrument:
        raise NotImplementedError

    @cached_property
    def recording(self) -> Recording:
        """The bounded metrics of all enabled families, by exposed name."""
        return Recording(self.settings.families, self.__getitem__, RecordingContext(self.guard))

    @cached_property
    def sandbox(self) -> SandboxPack:
        """Code executions and the pool of containers."""
        return SandboxPack(self.recording)

    @cached_property
    def ai(self) -> AiPack:
        """Requests to models, with their tokens."""
        return AiPack(self.recording)

    @cached_property
    def database(self) -> DatabasePack:
        """Queries and connections."""
        return DatabasePack(self.recording)

    @cached_property
    def tool(self) -> ToolPack:
        """Calls of tools."""
        return ToolPack(self.recording)

    @cached_property
    def operations(self) -> OperationsPack:
        """Operations of the service's components."""
        return OperationsPack(self.recording)

    @cached_property
    def checkpoint(self) -> CheckpointPack:
        """Checkpoints saved and loaded."""
        return CheckpointPack(self.recording)

    @cached_property
    def health(self) -> HealthPack:
        """Health checks and their states."""
        return HealthPack(self.recording)

    @cached_property
    def business(self) -> BusinessPack:
        """Active users, open sessions, and uses of features."""
        return BusinessPack(self.recording)

    @cached_property
    def web(self) -> WebPack:
        """Page loads, as measured in browsers."""
        return WebPack(self.recording)

    @cached_property
    def own(self) -> OwnMetrics:
        """The metrics that the service declares itself, by name."""
        return OwnMetrics(self.recording)
