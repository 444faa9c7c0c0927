#!/usr/bin/env bash
# Get the tools that the tests need; report those that are unavailable, whose tests are skipped with the reason.
watchkeeper=$1
"$watchkeeper" tools > /dev/null || echo "some tools are unavailable: tests that need them are skipped" >&2
if docker info > /dev/null 2>&1; then
  "$watchkeeper" tools --only docker-compose > /dev/null || echo "docker-compose is unavailable: container tests are skipped" >&2
  "$watchkeeper" tools --only registry > /dev/null || echo "registry is unavailable: tests that fetch images are skipped" >&2
else
  echo "no Docker engine answers: container tests are skipped" >&2
fi
