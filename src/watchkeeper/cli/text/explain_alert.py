"""What `explain ALERT` prints: where the alert comes from, whom it reaches, and its proof."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from watchkeeper.cli.text.alert_facts import AlertFacts, ProofFacts
from watchkeeper.cli.text.console import paint, say
from watchkeeper.cli.text.explain_text import tier_table
from watchkeeper.plan.human_format import clock, percentage
from watchkeeper.plan.slo.budget_words import budget_words

_WIDTH = 13


def show_alerts(found: Sequence[AlertFacts]) -> None:
    """Print a section for each alert."""
    for number, facts in enumerate(found):
        if number:
            say("")
        for line in _section(facts):
            say(line)


def _section(facts: AlertFacts) -> Iterator[str]:
    alert = facts.alert
    yield paint(f"{alert.name}: {alert.severity}, {facts.kind} of {alert.service}", "bold", sys.stdout)
    yield f"  {alert.comment}"
    yield ""
    for name, text in _rows(facts):
        yield f"  {name:<{_WIDTH}} {text}"
    if facts.slo is not None and facts.tiers:
        yield ""
        yield from tier_table(facts.slo, facts.tiers)
        least = ", ".join(f"{tier.min_events} in {tier.long}" for tier in facts.tiers)
        yield f"  and at least so many bad {facts.slo.indicator.unit}: {least}"
    yield ""
    yield from _proof(facts)


def _rows(facts: AlertFacts) -> Iterator[tuple[str, str]]:
    alert = facts.alert
    yield "spec", str(alert.where)
    yield "made by", _made_by(facts)
    yield "rule", f"{facts.rule_path}:{facts.line}"
    yield "fires", _fires(facts)
    yield from _route(facts)
    yield "inhibits", ", ".join(facts.inhibits) or "nothing"
    yield "inhibited by", ", ".join(facts.inhibited_by) or "nothing"
    linked = f", linked as {alert.runbook_url}" if alert.runbook_url != alert.runbook_path else ""
    yield "runbook", f"{alert.runbook_path}{linked}"
    yield "first query", " ".join(alert.next_query.split())


def _made_by(facts: AlertFacts) -> str:
    slo = facts.slo
    if slo is not None:
        kept = f"{percentage(slo.parameters.objective)} of {slo.indicator.unit} over {slo.parameters.window_words}"
        policy = f", policy {facts.policy}" if facts.policy else ""
        each = f", one for each {facts.alert.by}" if facts.alert.by is not None else ""
        return f"the objective {slo.name} ({kept}){policy}{each}"
    numbers = ", ".join(f"{name} {text}" for name, text in facts.numbers)
    if facts.alert.preset is not None:
        unasked = ", which the spec need not name" if facts.written is None else ""
        return f"the preset {facts.alert.preset}{unasked}: {numbers}"
    return f"its own expression, {numbers}: {' '.join(facts.alert.expr.split())}"


def _fires(facts: AlertFacts) -> str:
    alert = facts.alert
    when = f"after {alert.hold}" if alert.hold.milliseconds else "at once"
    kept = f", and for {alert.keep_firing} longer than its condition" if alert.keep_firing is not None else ""
    rest = dict(budget_words(facts.slo)).get(alert.slo_kind or "") if facts.slo is not None else None
    return f"{when}{kept}" if rest is None else f"{rest}{kept}"


def _route(facts: AlertFacts) -> Iterator[tuple[str, str]]:
    route = facts.route
    if facts.alert.severity == "none":
        nobody = "nobody: the spec has no `notify.dead_man`, so nobody notices when the stack itself ends"
        yield "notifies", "the dead-man's switch" if facts.alert.receivers else nobody
        return
    if route is None:
        yield "notifies", f"nobody: no route takes {facts.alert.severity}"
        return
    receivers = ", ".join(one.name for one in route.integrations)
    yield "notifies", f"{receivers}, by {_chosen_by(facts)}"
    yield (
        "waits",
        f"{route.group_wait}; {route.group_interval} for changes of its group; again every {route.repeat_interval}",
    )
    yield "grouped by", ", ".join(route.group_by)
    if route.mutes:
        yield "muted during", ", ".join(route.mutes)
    if route.active_hours:
        others = facts.alert.route.settings.outside if facts.alert.route is not None else ()
        yield f"{', '.join(others) or 'nobody'} outside", ", ".join(route.active_hours)


def _chosen_by(facts: AlertFacts) -> str:
    """Return which part of the spec names the receivers."""
    alert, chosen = facts.alert, facts.alert.route
    return f"the route of {alert.severity} at {chosen.where}" if chosen is not None else "the route"


def _proof(facts: AlertFacts) -> Iterator[str]:
    if facts.unproven is not None:
        yield f"  UNPROVEN: {facts.unproven}"
    elif not facts.proof:
        yield "  no scenario checks this alert"
    for one in facts.proof:
        yield f"  proof: {one.scenario}"
        yield f"    {_times(one)}"


def _times(proof: ProofFacts) -> str:
    words = (
        ("silent at", proof.silent),
        ("must fire at", proof.fires),
        ("resolved at", proof.resolves),
    )
    said = (f"{what} {', '.join(map(clock, sorted(set(at))))}" for what, at in words if at)
    return "; ".join(said)
