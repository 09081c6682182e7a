#!/usr/bin/env bash
# The README's `make demo`, once and headless: every port must answer with something true, and the end must be clean.
set -euo pipefail
set -m # the demo gets a process group of its own, to be ended as Ctrl-C does
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
log="$scratch/demo.log"
: >"$log"
anywhere=127.0.0.1:0

make --no-print-directory demo \
  DEMO="--state $scratch/state --wan $anywhere --p1 $anywhere --optical $anywhere --panel $anywhere --json" >"$log" 2>&1 &
demo=$!
disown "$demo" # no message when it ends

finish() {
  local status=$?
  kill -KILL -- "-$demo" 2>/dev/null || true
  if [ "$status" -ne 0 ]; then
    echo "check_demo: failed; what the demo said:" >&2
    cat "$log" >&2
  fi
  rm -rf "$scratch"
}
trap finish EXIT

# Setting up may take long on a fresh machine; from the first line on everything must answer.
for ((waited = 0; waited < 600; waited++)); do
  grep -q '^{' "$log" && break
  kill -0 "$demo" 2>/dev/null || { echo "check_demo: the demo ended by itself" >&2; exit 1; }
  [ "$waited" -lt 599 ] || { echo "check_demo: no answer within ten minutes" >&2; exit 1; }
  sleep 1
done

facts=$(.venv/bin/python - "$log" <<'PYTHON'
import json, shlex, sys
for line in open(sys.argv[1], encoding="utf-8"):
    if line.startswith("{"):
        told = json.loads(line)
        break
facts = {name: f"{port['host']}:{port['port']}" for name, port in told["ports"].items()}
facts |= {"keys": told["keys"], "logical_device_name": told["identity"]["logical_device_name"]}
print("\n".join(f"{name}={shlex.quote(value)}" for name, value in facts.items()))
PYTHON
)
eval "$facts" # wan, p1, panel, keys, logical_device_name

value=$(.venv/bin/smartset --meter "$wan" --client management --keys "$keys" get 1-0:1.8.0)
[[ "$value" =~ ^[0-9]+\ Wh$ ]] || { echo "check_demo: 1-0:1.8.0 is '$value'" >&2; exit 1; }
name=$(.venv/bin/smartset --meter "$wan" --client public get logical_device_name)
[ "$name" = "$logical_device_name" ] || { echo "check_demo: the name is '$name', not '$logical_device_name'" >&2; exit 1; }
.venv/bin/python examples/p1_reader.py "$p1" --once >/dev/null
.venv/bin/python -c 'import sys, urllib.request as request
assert request.urlopen(sys.argv[1], timeout=60).status == 200' "http://$panel/"

kill -INT -- "-$demo"
for ((waited = 0; waited < 600; waited++)); do
  kill -0 -- "-$demo" 2>/dev/null || break
  [ "$waited" -lt 599 ] || { echo "check_demo: the demo did not end within a minute" >&2; exit 1; }
  sleep 0.1
done
! grep -q Traceback "$log" || { echo "check_demo: the demo ended with a traceback" >&2; exit 1; }
echo "the demo answers: $value, $name, P1, panel"
