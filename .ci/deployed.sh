#!/usr/bin/env bash
# Deploys template.yaml on ministack, which shares no code with our local stack, posts a hundred deliveries to its HTTP
# API, and audits its table, queues and bucket from outside.
#
#   bash .ci/deployed.sh [DIR]   with the functions in DIR (.ci/functions.sh)
#   bash .ci/deployed.sh "" FifoQueue=true   with parameters of the template
#
# At work there: CloudFormation of what SAM makes of the template; the API's route and its events in payload format 2.0;
# the executables under the Runtime API; the event source mapping with partial batch replies; SQS, DynamoDB, S3 and SSM;
# and IAM, which holds each call of the functions against their roles of the template. So a role that lacks an action
# shows here: without dynamodb:PutItem no event has a row.
#
# What of the template ministack cannot take stands in .ci/deployed/deploy.py. It takes and does not act on: throttling,
# access logs, metrics out of log lines, X-Ray; and it polls the queue itself, without the worker's role.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/.ci/functions.sh"
. "$root/.ci/ministack.sh"
ministack_install

functions_in "${1:-}"

AWS_DEFAULT_REGION=us-east-1 "$python" -B "$root/.ci/translate.py" "$root" "$work/cloudformation.json"
ministack_up AUTH=true
if ! told=$(timeout 600 "$python" -B "$root/.ci/deployed" "$work/cloudformation.json" "$functions" "$engine_url" "${@:2}" 2> "$work/wrong"); then
  grep -v ' INFO \|"INFO"' "$work/engine.log" | tail -n 20 >&2 || true
  cat "$work/wrong" >&2
  echo "deployed on ${engine/==/ }: ${told:-not audited}" >&2
  exit 1
fi
echo "deployed on ${engine/==/ }${2:+, ${*:2}}: $told"
