#!/usr/bin/env bash
# Tells the ledger's stories (worker-fn/tests/stories) on ministack, a DynamoDB engine that shares no code with dynoxide.
# It runs on loopback and is ended by its process id. Needs python3 with venv, which stays under target/.
# moto 5.2.5 is left out: its TransactWriteItems is not isolated, so of 64 racing transactions two or more commit.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/.ci/ministack.sh"
ministack_install

# Built first, so that the time limit below is the stories' own.
cd "$root"
cargo test --quiet --workspace --test stories --no-run

ministack_up SERVICES=dynamodb
if ! TIDEGATE_ENGINE_URL=$engine_url timeout 300 cargo test --workspace --test stories in_dynamodb > "$work/stories.log" 2>&1; then
  cat "$work/stories.log" >&2
  echo "the stories fail on $engine" >&2
  exit 1
fi
echo "$engine: $(grep '^test result:' "$work/stories.log")"
