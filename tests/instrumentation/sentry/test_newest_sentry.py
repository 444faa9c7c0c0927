"""The tests of Sentry pass on the SDK's next major version too, which is a pre-release: 3.0.0b2."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def test_they_pass_on_the_newest_version() -> None:
    script = ROOT / "scripts" / "test_newest_sentry.sh"
    done = subprocess.run([script], capture_output=True, text=True, timeout=500, check=False)
    if done.returncode == 3:
        pytest.skip(f"the newest SDK cannot be installed here: {done.stderr.strip()[-200:]}")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 25
    found = next((ROOT / ".watchkeeper" / "newest-sentry").glob("lib*/python*/site-packages/sentry_sdk-*"))
    assert found.name.startswith("sentry_sdk-3.")
