#!/usr/bin/env bash
# Tells the ledger's stories (worker-fn/tests/stories) on ministack, a DynamoDB engine that shares no code with dynoxide.
# It runs on loopback and is ended by its process id. Needs python3 with venv, which stays under target/.
# moto 5.2.5 is left out: its TransactWriteItems is not isolated, so of 64 racing transactions two or more commit.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
engine=ministack==1.5.33
venv="${CARGO_TARGET_DIR:-$root/target}/engines"
work=$(mktemp -d)
pid=

end() {
  if [[ -n "$pid" ]]; then
    kill "$pid" 2>/dev/null || true
    for _ in {1..50}; do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM

if [[ "$(cat "$venv/installed" 2>/dev/null)" != "$engine" ]]; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  timeout 300 "$venv/bin/pip" install --quiet --disable-pip-version-check "$engine"
  echo "$engine" > "$venv/installed"
fi

# Built first, so that the time limit below is the stories' own.
cd "$root"
cargo test --quiet --workspace --test stories --no-run

port=$("$venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url="http://127.0.0.1:$port"
env BIND_HOST=127.0.0.1 GATEWAY_PORT="$port" SERVICES=dynamodb IOT_MTLS_ENABLED=0 \
  "$venv/bin/ministack" > "$work/engine.log" 2>&1 &
pid=$!

give_up=$((SECONDS + 60))
until "$venv/bin/python" -c "import urllib.request; urllib.request.urlopen('$url/_ministack/health', timeout=5)" 2>/dev/null; do
  if ! kill -0 "$pid" 2>/dev/null || ((SECONDS >= give_up)); then
    echo "$engine does not answer at $url:" >&2
    tail -n 20 "$work/engine.log" >&2
    exit 1
  fi
  sleep 0.2
done

if ! TIDEGATE_ENGINE_URL=$url timeout 300 cargo test --workspace --test stories in_dynamodb > "$work/stories.log" 2>&1; then
  cat "$work/stories.log" >&2
  echo "the stories fail on $engine" >&2
  exit 1
fi
echo "$engine: $(grep '^test result:' "$work/stories.log")"
