#!/usr/bin/env bash
# Create a virtual environment with Bugsink, a server for Sentry's protocol, for the tests only.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=${WATCHKEEPER_BUGSINK:-.venv-bugsink} python=${PYTHON:-python3}
[ -x "$venv/bin/bugsink-manage" ] && exit 0
printf 'installing Bugsink into %s (about a minute the first time) ...\n' "$venv" >&2
"$python" -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check "bugsink==2.6.*" gunicorn
