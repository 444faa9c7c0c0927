#!/usr/bin/env bash
# Where no registry is reached: build the stack's images from this machine's own files (Grafana's excepted)
# and print the variables that make Compose use them:  eval "$(scripts/images.sh)"
set -euo pipefail
cd "$(dirname "$0")/.."
.venv/bin/python -m tests.containers.images | sed 's/^/export /'
