#!/usr/bin/env bash
# Print the path of the promtool that Debian packages, the oldest that must accept our rules and proofs; nothing else of
# the package is installed. Exit 1 when there is no such package.
set -euo pipefail
home=${WATCHKEEPER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/watchkeeper}/debian
promtool=$home/usr/bin/promtool
if [ ! -x "$promtool" ]; then
  mkdir -p "$home" && cd "$home"
  apt-get -q -o Acquire::Retries=3 -o APT::Sandbox::User=root download prometheus >&2 || exit 1
  dpkg -x prometheus_*.deb . && rm -f prometheus_*.deb
fi
echo "$promtool"
