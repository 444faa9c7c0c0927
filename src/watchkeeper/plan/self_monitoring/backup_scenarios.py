"""The proofs of the alert on an old backup: backups that stop, and a stack that never had one."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper import naming
from watchkeeper.model.duration import Duration
from watchkeeper.plan.proofs.scenarios.scenario import AlertCheck
from watchkeeper.plan.proofs.scenarios.threshold_scenarios import AlertScenario
from watchkeeper.plan.self_monitoring.long_series import Course, written
from watchkeeper.plan.self_monitoring.own_alert import late_after

_MINUTE = 60
# How often the rules are evaluated while a backup grows old.
_STEPS = 48
_OLDEST = "prometheus_tsdb_lowest_timestamp_seconds"
# Another Prometheus, whose data are a year older than the scenario.
_ELSEWHERE = (f'{_OLDEST}{{job="elsewhere"}}', ((0, -31_536_000),))


def backup_scenarios(alert: str, every: Duration) -> Iterator[AlertScenario]:
    """Yield the scenarios; each ends with a backup, made at the instant of an evaluation."""
    step = max(1, int(every.seconds) // _STEPS // _MINUTE) * _MINUTE
    last = int(late_after(every)) // step * step
    made = last + 4 * step
    # The scenario begins with a backup; a copy of the series, as after a federation, is older.
    known: Course = ((0, 0), (made, made))
    stops = ((naming.LAST_BACKUP_TIME, known), (f'{naming.LAST_BACKUP_TIME}{{copy="old"}}', ((0, 0),)))
    first = ((naming.LAST_BACKUP_TIME, ((0, None), (made, made))),)
    age = ((f'{_OLDEST}{{job="prometheus",instance="a"}}', ((0, 0),)),)
    newer = ((f'{_OLDEST}{{job="prometheus",instance="b"}}', ((0, step),)),)
    told = (
        ("backups stop, then one is made", (*stops, *newer, _ELSEWHERE)),
        ("never a backup, then the first", (*first, *age, *newer, _ELSEWHERE)),
    )
    for title, series in told:
        fed = tuple((text, written(course, end=made, interval=step)) for text, course in series)
        checks = (
            AlertCheck(last, alert, firing=False, aspect="silent"),
            AlertCheck(last + step, alert, firing=True, aspect="fires"),
            AlertCheck(made - step, alert, firing=True, aspect="fires"),
            AlertCheck(made, alert, firing=False, aspect="resolves"),
        )
        yield AlertScenario(alert, title, step, fed, checks, (), step=step)
