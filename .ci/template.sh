#!/usr/bin/env bash
# Checks template.yaml: translates it as AWS would, offline, holds it against the code, and lints what comes out.
# Any error, warning or remark fails it. Needs python3 with venv; leaves nothing behind.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check aws-sam-translator==1.115.0 cfn-lint==1.58.0

export AWS_DEFAULT_REGION=us-east-1
"$work/venv/bin/python" "$root/.ci/translate.py" "$root" "$work/cloudformation.json"
"$work/venv/bin/cfn-lint" --regions us-east-1 --include-checks I --format pretty -- "$work/cloudformation.json"
