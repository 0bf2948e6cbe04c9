#!/usr/bin/env bash
# Checks template.yaml: SAM reads it, it is translated as AWS would, offline, held against the code, and what comes out is
# linted. Any error, warning or remark fails it. Needs python3 with venv, which stays under target/.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$root/.ci/sam.sh"

(cd "$root" && "$sam/sam" validate --lint)
# SAM writes other resources where there is a canary.
"$sam/python" "$root/.ci/translate.py" "$root" "$work/plain.json"
"$sam/python" "$root/.ci/translate.py" "$root" "$work/canary.json" Canary=true Release=1
for translated in plain canary; do
  "$sam/cfn-lint" --regions us-east-1 --include-checks I --format pretty -- "$work/$translated.json"
done
