#!/usr/bin/env bash
# Run the tests of Sentry on the newest SDK, pre-releases included, in a separate virtual environment.
# Exits with 3 when that environment cannot be created here.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=.watchkeeper/newest-sentry
scripts/kept_venv.sh "$venv" sentry-sdk==3.0.0b2 fastapi==0.165.0 httpx hypothesis prometheus-client==0.26.0 \
  pytest pytest-timeout opentelemetry-sdk==1.45.2 opentelemetry-exporter-otlp-proto-http==1.45.2
# The package is imported from this folder, not installed, so that the current code is tested.
export PYTHONPATH=$PWD
exec "$venv/bin/python" -m pytest -q -p no:cacheprovider --confcutdir tests/instrumentation \
  --ignore-glob "*/test_*_bugsink.py" --ignore-glob "*/test_newest_sentry.py" tests/instrumentation/sentry "$@"
