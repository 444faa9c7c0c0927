"""The metrics of one component of a process, under its own name and in its own registry."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime, timezone
from functools import cached_property
from typing import Any

from prometheus_client import CollectorRegistry

from ..contract import INSTRUMENTATION_ERRORS
from ..guard import LOGGER, Guard
from ..multiprocess.shared_values import prepare
from ..packs.ai import AiPack
from ..packs.checkpoint import CheckpointPack
from ..packs.operations import Operation, OperationsPack
from ..packs.own import OwnMetrics
from ..packs.pack_metrics import Recording
from ..recording.bounded_metric import Bounds, RecordingContext
from ..recording.label_values import readable
from ..registry.collectors import ExposedFamily, Instrument
from .component_config import MetricsConfig, changed, started
from .environment import metrics_enabled, metrics_host
from .exposure import Exposure
from .families import COMPONENT, component_families, pack_families
from .metrics_server import MetricsServer


class ExecutorMetrics:
    """Records the operations of one component; its series carry the label `component`.

    They are exposed on the port of the argument `metrics_port`, then METRICS_PORT, then 8001, unless an
    instrumented application of this process serves /metrics already; 0 takes a free port. Instances on one
    port share the server; two of one name are summed there. `config` takes `enabled`, `log_level`,
    `max_label_values`, `max_series`, and keys that are fixed here: `metrics_port`, `host`, `labels`, `buckets`
    and `metrics`. All entries that cannot be used are one warning.
    """

    def __init__(
        self,
        enable_metrics: bool = True,
        metrics_port: int | None = None,
        config: Mapping[str, object] | None = None,
        *,
        instance_name: str = "default",
    ) -> None:
        self.instance_name = readable(instance_name)
        self.config, faults = started(config)
        if faults:
            LOGGER.warning("the metrics' config: left out: %s", "; ".join(faults))
        prepare()
        self.registry = CollectorRegistry()
        self.since = datetime.now(timezone.utc)
        self._port = self.config.metrics_port if metrics_port is None else metrics_port
        self._exposed = {
            family.name: ExposedFamily(family)
            for family in component_families(self.instance_name, self.config)
        }
        for exposed in self._exposed.values():
            self.registry.register(exposed)
        self._context = self._recording_context()
        families = [each.family for each in self._exposed.values()]
        self._recording = Recording(families, self._collector, self._context)
        self._operations = OperationsPack(self._recording)
        self.own = OwnMetrics(self._recording)
        self._exposure: Exposure | None = None
        self.closed = False
        self._adding = threading.Lock()
        self._apply(self.config, bool(enable_metrics) and metrics_enabled())

    @property
    def enabled(self) -> bool:
        """Whether calls record; `configure` switches it."""
        return self._context.enabled

    @cached_property
    def ai(self) -> AiPack:
        """Requests to models; its families are exposed from the first use on."""
        return AiPack(self._with_pack("ai"))

    @cached_property
    def checkpoint(self) -> CheckpointPack:
        """Checkpoints saved and loaded; its families are exposed from the first use on."""
        return CheckpointPack(self._with_pack("checkpoint"))

    @property
    def exposed_in(self) -> CollectorRegistry | None:
        """The registry that exposes this instance in this process, or None."""
        return None if self._exposure is None or self._exposure.lost else self._exposure.registry

    @property
    def family_names(self) -> tuple[str, ...]:
        """The exposed names of its families."""
        return tuple(self._exposed)

    @property
    def server(self) -> MetricsServer | None:
        """The server that exposes this instance in this process, or None."""
        shown = self._exposure
        return None if shown is None or shown.lost else shown.server

    @property
    def records(self) -> int:
        """The number of recorded calls."""
        return self._context.stats.records

    @property
    def dropped_labels(self) -> int:
        """The number of labels that were dropped because their family does not declare them."""
        return self._context.stats.dropped_labels

    @property
    def errors(self) -> int:
        """The number of swallowed failures, including dropped labels."""
        swallowed = self.registry.get_sample_value(INSTRUMENTATION_ERRORS, {COMPONENT: self.instance_name})
        return int(swallowed or 0) + self.dropped_labels

    def record_operation(
        self, /, operation_type: str, success: bool = True, duration: float | None = None, **labels: object
    ) -> None:
        """Count one operation, and observe its duration in seconds; never raises."""
        self._operations.record(operation_type, success, duration, **labels)

    def record_duration(self, /, operation_type: str, duration: float, **labels: object) -> None:
        """Observe the duration of an operation in seconds, without counting one; never raises."""
        self._operations.duration(operation_type, duration, **labels)

    def operation(self, /, operation_type: str, **labels: object) -> Operation:
        """Time and count one operation: as `with`, as `async with`, or as a decorator."""
        return self._operations.operation(operation_type, **labels)

    def configure(self, changes: Mapping[str, object]) -> MetricsConfig:
        """Apply changes at run time, all or none, and return the configuration; raises MetricsConfigError."""
        config = changed(self.config, changes)
        self._apply(config, config.enabled if "enabled" in _keys(changes) else self.enabled)
        return config

    def reopen(self) -> None:
        """Expose the instance again after a fork, if this process is the child."""
        if self._exposure is not None and self._exposure.lost:
            self._exposure.close()
            self._expose()

    def close(self) -> None:
        """Stop recording for good, and free the port unless another instance uses it; safe twice."""
        self.closed = True
        self._context.enabled = False
        if self._exposure is not None:
            self._exposure.close()

    def _apply(self, config: MetricsConfig, enabled: bool) -> None:
        self.config = config
        self._context.bounds = Bounds(label_values=config.max_label_values, series=config.max_series)
        self._context.enabled = enabled and config.enabled and not self.closed
        if config.log_level:
            LOGGER.setLevel(config.log_level)
        if self.enabled and self._exposure is None:
            self._expose()

    def _with_pack(self, pack: str) -> Recording:
        families = pack_families(self.instance_name, pack)
        with self._adding:
            added = [ExposedFamily(each) for each in families if each.name not in self._exposed]
            for exposed in added:
                self.registry.register(exposed)
            self._exposed = {**self._exposed, **{each.family.name: each for each in added}}
            if self._exposure is not None:
                self._exposure.add(added)
        return Recording(families, self._collector, self._context)

    def _expose(self) -> None:
        self._exposure = Exposure(list(self._exposed.values()), host=self.config.host or metrics_host())
        self._exposure.open(self._port)

    def _collector(self, name: str) -> Instrument:
        return self._exposed[name].instrument

    def _recording_context(self) -> RecordingContext:
        failures: Any = self._exposed[INSTRUMENTATION_ERRORS].instrument.labels(self.instance_name)
        return RecordingContext(Guard(failures.inc), constant={COMPONENT: self.instance_name})


def _keys(changes: Mapping[str, object]) -> set[str]:
    return {"enabled" if key == "enable_metrics" else key for key in changes}
