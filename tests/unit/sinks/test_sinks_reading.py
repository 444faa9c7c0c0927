"""What a notification says is found wherever its sender put it."""

from __future__ import annotations

import pytest

from watchkeeper.sinks.channels.reading import Reading, read, read_title, short, status_in


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("[FIRING:1] HighErrorRate helloagents", ("firing", ("HighErrorRate",), "", "helloagents")),
        ("[RESOLVED] HighErrorRate helloagents", ("resolved", ("HighErrorRate",), "", "helloagents")),
        (
            "[FIRING:2] ServiceDown, FastBurn helloagents",
            ("firing", ("ServiceDown", "FastBurn"), "", "helloagents"),
        ),
        (
            "[FIRING:1] HighErrorRate helloagents (critical team-a)",
            ("firing", ("HighErrorRate",), "critical", "helloagents"),
        ),
        (
            "[FIRING:1] helloagents (ServiceDown critical)",
            ("firing", ("ServiceDown",), "critical", "helloagents"),
        ),
        ("[FIRING:1] HighErrorRate critical (api)", ("firing", ("HighErrorRate",), "critical", "")),
        (
            "[FIRING:1] HighErrorRate helloagents: PagerDuty and GitHub fail",
            ("firing", ("HighErrorRate",), "", "helloagents"),
        ),
        ("🔥 [firing:3] SLOFastBurn api | runbook", ("firing", ("SLOFastBurn",), "", "api")),
        ("[FIRING:1] HighErrorRate Checkout", ("firing", ("HighErrorRate",), "", "Checkout")),
        ("[FIRING:1] Watchdog", ("firing", ("Watchdog",), "", "")),
        ("[RESOLVED] disk_full db-1", ("resolved", ("disk_full",), "", "db-1")),
        ("[FIRING:1] helloagents", ("firing", (), "", "helloagents")),
        ("HighErrorRate on helloagents", ("unknown", ("HighErrorRate",), "", "")),
        ("lunch is ready", ("unknown", (), "", "")),
        ("", ("unknown", (), "", "")),
    ],
)
def test_a_title_gives_status_alerts_severity_and_service(
    title: str, expected: tuple[str, tuple[str, ...], str, str]
) -> None:
    found = read_title(title)
    assert expected == (found.status, found.alerts, found.severity, found.service)


def test_labels_are_believed_before_a_listing_and_a_listing_before_the_title() -> None:
    payload = {"labels": {"service": "api"}, "text": "- severity: warning\n- service: worker"}
    found = read(payload, titles=["[FIRING:1] HighErrorRate web (critical)"])
    assert Reading("firing", ("HighErrorRate",), "warning", "api") == found


def test_a_label_inside_a_sentence_is_believed_last() -> None:
    text = "see {alertname='SlowBurn', service='other'}"
    found = read(text, titles=["[FIRING:1] HighErrorRate api"])
    assert Reading("firing", ("HighErrorRate", "SlowBurn"), "", "api") == found


@pytest.mark.parametrize(
    "listing",
    [
        "alertname = HighErrorRate",
        " - alertname = HighErrorRate",
        "*alertname:* `HighErrorRate`",
        "• Alertname: HighErrorRate",
    ],
)
def test_a_listed_alert_name_is_found_whatever_the_markup(listing: str) -> None:
    assert read(f"Labels:\n{listing}\nmore").alerts == ("HighErrorRate",)


def test_a_service_named_like_an_alert_is_not_taken_for_one() -> None:
    found = read({"service": "HelloAgents"}, titles=["[FIRING:1] HighErrorRate HelloAgents"])
    assert found.alerts == ("HighErrorRate",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[RESOLVED] was firing for an hour", "resolved"),
        ("The alert is firing", "firing"),
        ("resolved", "resolved"),
        ("firing, then resolved", "unknown"),
        ("misfiring", "unknown"),
    ],
)
def test_a_status_is_read_only_when_it_is_unambiguous(text: str, expected: str) -> None:
    assert expected == status_in(text)


def test_a_summary_is_the_first_line_and_fits_a_cell() -> None:
    assert (short(" one\ntwo"), len(short("x" * 500)), short(None)) == ("one", 200, "")
