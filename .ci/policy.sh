#!/usr/bin/env bash
# Holds template.yaml against checkov's rules. What does not follow one says why, in its own `Metadata: checkov: skip`.
# Needs python3 with venv, which stays under target/.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$root/.ci/sam.sh"
venv policy checkov==3.3.8

"$sam/python" "$root/.ci/translate.py" "$root" "$work/cloudformation.json"
LOG_LEVEL=ERROR "$target/policy/bin/python" -B "$root/.ci/policy.py" "$work/cloudformation.json" "$target/policy/bin/checkov"
