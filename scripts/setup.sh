#!/usr/bin/env bash
# Create the virtual environment that every target uses; safe to interrupt, instant when done.
set -euo pipefail
venv=$1 python=${PYTHON:-python3} started=$SECONDS
say() { printf '%s\n' "$*" >&2; }
command -v "$python" > /dev/null || { say "error: $python is missing; install Python 3.10 or newer (Debian: apt-get install python3 python3-venv)"; exit 2; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { say "error: $("$python" -V) is too old; set PYTHON to 3.10 or newer"; exit 2; }
if [ ! -x "$venv/bin/pip" ]; then
  say "setting up $venv with $("$python" -V) ..."
  "$python" -m venv "$venv" || { say "error: the virtual environment could not be created (Debian: apt-get install python3-venv)"; exit 2; }
fi
say "installing what the Makefile needs into $venv (about a minute the first time) ..."
"$venv/bin/pip" install --quiet --disable-pip-version-check --no-compile -e ./backend_instrumentation -e '.[dev]'
# pip would compile on one core, which takes more than a third of its time. Some packages have files that are no Python.
"$venv/bin/python" -m compileall -q -j 0 "$venv/lib" > /dev/null || true
touch "$venv/.ready"
say "ready after $((SECONDS - started)) s"
