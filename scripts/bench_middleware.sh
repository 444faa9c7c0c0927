#!/usr/bin/env bash
# Install the peers into a separate virtual environment, then run the benchmark there.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3} venv=.watchkeeper/bench-middleware
wanted=$(cat scripts/bench_requirements.txt)
if [ "$(cat "$venv/.holds" 2> /dev/null)" != "$wanted" ]; then
  echo "installing the peers into $venv (about a minute the first time) ..." >&2
  rm -rf "$venv"
  "$python" -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -e ./backend_instrumentation -r scripts/bench_requirements.txt
  printf '%s' "$wanted" > "$venv/.holds"
fi
exec "$venv/bin/python" scripts/bench_middleware.py "$@"
