#!/usr/bin/env bash
# Run the tests of Sentry on the newest SDK, pre-releases included, in a separate virtual environment.
# Exits with 3 when that environment cannot be created here.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3} venv=.watchkeeper/newest-sentry
wanted='sentry-sdk==3.0.0b2 fastapi httpx hypothesis prometheus-client pytest pytest-timeout'
wanted+=' opentelemetry-sdk opentelemetry-exporter-otlp-proto-http'
if [ "$(cat "$venv/.holds" 2> /dev/null)" != "$wanted" ]; then
  rm -rf "$venv"
  # shellcheck disable=SC2086
  { "$python" -m venv "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check $wanted; } || exit 3
  printf '%s' "$wanted" > "$venv/.holds"
fi
# The package is imported from this folder, not installed, so that the current code is tested.
export PYTHONPATH=$PWD
exec "$venv/bin/python" -m pytest -q -p no:cacheprovider --confcutdir tests/instrumentation \
  --ignore-glob "*/test_*_bugsink.py" --ignore-glob "*/test_newest_sentry.py" tests/instrumentation/sentry "$@"
