"""One Prometheus with the month of October, for all tests of the report."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.recorded import prometheus
from tests.integration.report.october import OCTOBER


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a Prometheus whose every request is known."""
    with prometheus(tmp_path_factory.mktemp("report"), OCTOBER) as address:
        yield address
