"""The packs of the contract as typed attributes: `instruments.sandbox`, `instruments.ai`, and so on."""

from __future__ import annotations

from .ai import AiPack, AiRequest
from .business import BusinessPack
from .checkpoint import Checkpoint, CheckpointPack
from .database import DatabasePack, Query
from .health import HealthCheck, HealthPack
from .operations import Operation, OperationsPack
from .own import OwnMetric, OwnMetrics
from .pack_metrics import Recording
from .sandbox import Execution, SandboxPack
from .tool import ToolCall, ToolPack
from .typed import TypedPacks
from .web import WebPack

__all__ = [
    "AiPack",
    "AiRequest",
    "BusinessPack",
    "Checkpoint",
    "CheckpointPack",
    "DatabasePack",
    "Execution",
    "HealthCheck",
    "HealthPack",
    "Operation",
    "OperationsPack",
    "OwnMetric",
    "OwnMetrics",
    "Query",
    "Recording",
    "SandboxPack",
    "ToolCall",
    "ToolPack",
    "TypedPacks",
    "WebPack",
]
