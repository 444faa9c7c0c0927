#!/usr/bin/env bash
# Link a virtual environment with Bugsink, a server for Sentry's protocol, for the tests only.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=${WATCHKEEPER_BUGSINK:-.venv-bugsink}
[ -n "${WATCHKEEPER_BUGSINK:-}" ] && [ -x "$venv/bin/bugsink-manage" ] && exit 0
exec scripts/kept_venv.sh "$venv" bugsink==2.6.2 gunicorn==26.2.0
