#!/usr/bin/env bash
# Without a reachable registry: build the stack's images from this machine's own files (except Grafana's)
# and print the variables that make Compose use them:  eval "$(scripts/images.sh)"
set -euo pipefail
cd "$(dirname "$0")/.."
.venv/bin/python -m tests.containers.images | sed 's/^/export /'
