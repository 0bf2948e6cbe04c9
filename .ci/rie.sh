#!/usr/bin/env bash
# Every file of events/ through the built functions, under the Runtime Interface Emulator that comes with SAM, answered as
# events/expected.json says. SQS, DynamoDB and SSM are ministack's, which shares no code with ours.
#
#   bash .ci/rie.sh [DIR]   with the functions in DIR (.ci/functions.sh)
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/.ci/sam.sh"
. "$root/.ci/functions.sh"
. "$root/.ci/ministack.sh"
ministack_install
functions_in "${1:-}"

ministack_up SERVICES=dynamodb,sqs,ssm
if ! told=$(timeout 300 "$python" -B "$root/.ci/rie.py" "$root" "$functions" "$rie" "$engine_url" 2> "$work/functions.log"); then
  tail -n 40 "$work/functions.log" >&2
  echo "$told" >&2
  exit 1
fi
echo "$told"
