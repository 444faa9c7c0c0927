#!/usr/bin/env bash
# Run the instrumentation's tests on the oldest versions that it supports, in a separate virtual environment.
# Exits with 3 when that environment cannot be created here.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=${OLDEST_VENV:-.watchkeeper/oldest-fastapi}
scripts/kept_venv.sh "$venv" fastapi==0.115.0 starlette==0.38.6 prometheus-client==0.20.0 httpx hypothesis \
  jsonschema pytest pytest-timeout uvicorn opentelemetry-sdk==1.27.0 \
  opentelemetry-exporter-otlp-proto-http==1.27.0 sentry-sdk==2.48.0 ddsketch==3.0.1 PyYAML==6.0.1 svcs==24.1.0
# The package is imported from this folder, not installed, so that the current code is tested.
export PYTHONPATH=$PWD INSTRUMENTATION_TEST_REQUESTS=${INSTRUMENTATION_TEST_REQUESTS:-600}
exec "$venv/bin/python" -m pytest -q -p no:cacheprovider --confcutdir tests/instrumentation \
  --ignore-glob "*/test_*_jaeger.py" --ignore-glob "*/test_*_bugsink.py" \
  --ignore tests/instrumentation/sentry/test_newest_sentry.py --ignore tests/instrumentation/test_foreign.py \
  --ignore-glob "*/test_tracing_beside_others.py" \
  --ignore tests/instrumentation/test_oldest_fastapi.py tests/instrumentation "$@"
