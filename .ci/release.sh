#!/usr/bin/env bash
# Builds what is deployed, with cargo-lambda and its linker zig, for this machine's processor: target/lambda/.
# Both functions at once, so that one is linked while the other is compiled; they ask the same features of what both have.
# Needs python3 with venv; everything stays under target/.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/.ci/cargo-lambda.sh"
cd "$root"
cargo lambda build --release --locked --package ingest-fn --package worker-fn
