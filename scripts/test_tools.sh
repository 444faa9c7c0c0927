#!/usr/bin/env bash
# Get the tools that the tests want; what cannot be had is said, and its tests skip with the reason.
watchkeeper=$1
"$watchkeeper" tools > /dev/null || echo "some tools cannot be had: tests that need them are skipped" >&2
scripts/bugsink.sh || echo "no Bugsink: the tests that read errors back from it are skipped" >&2
if docker info > /dev/null 2>&1; then
  "$watchkeeper" tools --only docker-compose > /dev/null || echo "no docker-compose: container tests are skipped" >&2
else
  echo "no Docker engine answers: container tests are skipped" >&2
fi
