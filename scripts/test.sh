#!/usr/bin/env bash
# Run the tests in several processes; the few that fail beside others run once more, alone, and are named either way.
# Usage: test.sh VENV WORKERS [pytest's arguments]
python=$1/bin/python workers=$2
shift 2
case " $* " in
  *.py*) exec "$python" -m pytest "$@" ;;
esac

# More than these are no accident of a busy machine.
most=10
failed() {
  "$python" -c 'import json; print(*json.load(open(".pytest_cache/v/cache/lastfailed")), sep="\n")' 2> /dev/null
}

rm -f .pytest_cache/v/cache/lastfailed
"$python" -m pytest -n "$workers" "$@"
code=$?
names=$(failed)
count=$(grep -c . <<< "$names")
# pytest's exit code 1: all tests ran, and some failed.
if [ "$code" != 1 ] || [ "$count" = 0 ] || [ "$count" -gt "$most" ]; then
  exit "$code"
fi
printf '== failed beside other tests, so run once more, alone: %s\n' "$count"
"$python" -m pytest --last-failed "$@"
code=$?
if [ "$code" = 0 ]; then
  printf '== failed beside other tests, passed alone:\n%s\n' "$names"
fi
exit "$code"
