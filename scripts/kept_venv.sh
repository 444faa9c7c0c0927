#!/usr/bin/env bash
# Make PLACE a link to a virtual environment with these requirements, which all clones of this machine share:
#   scripts/kept_venv.sh PLACE REQUIREMENT...
# It is kept in the cache folder, by a digest of the requirements and of Python, and installed by one process at a time.
# Exits with 3 when it cannot be installed here. One that no clone asked for in a month is deleted.
set -euo pipefail
place=$1 python=${PYTHON:-python3}
shift
name=$(basename "${place%/venv}")
kept=${WATCHKEEPER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/watchkeeper}/test-venvs
digest=$({ "$python" -c 'import sys; print(sys.version, sys.base_prefix)' && printf '%s\n' "$@"; } | sha256sum)
venv=$kept/$name-${digest:0:12}
mkdir -p "$kept" "$(dirname "$place")" || exit 3
exec 9> "$venv.lock"
flock 9
if [ ! -e "$venv/.whole" ]; then
  printf 'installing %s into %s (about a minute, once a machine) ...\n' "$name" "$venv" >&2
  { "$python" -m venv --clear "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check "$@"; } >&2 || exit 3
fi
touch "$venv" "$venv/.whole"
find "$kept" -mindepth 1 -maxdepth 1 -type d -name "$name-*" -mtime +30 -exec rm -rf {} +
# Renamed over the old link: who reads through it meanwhile finds the one or the other, and never nothing.
[ -L "$place" ] || [ ! -e "$place/pyvenv.cfg" ] || rm -rf "$place"
[ "$(readlink "$place")" = "$venv" ] || { ln -s "$venv" "$place.$$" && mv -T "$place.$$" "$place"; }
