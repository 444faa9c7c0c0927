"""The table of alerts that `verify` prints."""

from __future__ import annotations

import pytest

from watchkeeper.cli.text.verify_text import show
from watchkeeper.verify.proof_results import ProofResults, Proven
from watchkeeper.verify.report import Report, Row


def test_alerts_of_one_name_are_told_apart_by_their_services(capsys: pytest.CaptureFixture[str]) -> None:
    names = (("shop", "ServiceDown"), ("search", "ServiceDown"), ("shop", "HighLatency"))
    rows = tuple(
        Row(Proven(service, alert, fires=True, silent=True, resolves=True), reach=None, unproven=None)
        for service, alert in names
    )
    show(
        Report(
            outcomes=(),
            proofs=ProofResults(tool=None, files=(), alerts=(), unproven=()),
            rows=rows,
            routing=(),
        )
    )
    table = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line]
    assert table == ["alert", "shop/ServiceDown", "search/ServiceDown", "HighLatency"]
