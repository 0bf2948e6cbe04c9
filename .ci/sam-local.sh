#!/usr/bin/env bash
# `sam local invoke` of what `sam build` made, where a container engine answers; says so where none does.
# Nothing of AWS can be reached from these containers, so they are asked what needs nothing: a handshake, a refusal, and
# a batch of a worker without its ledger, which has to report each message as failed.
#
#   bash .ci/sam-local.sh DIR   with the build folder of `sam build`
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "$1" && pwd)
. "$root/.ci/sam.sh"

image=public.ecr.aws/lambda/provided:al2023-$architecture
if ! timeout 30 docker info > /dev/null 2>&1; then
  echo "sam local invoke: skipped, no container engine answers"
  exit 0
fi
if ! docker image inspect "$image" > /dev/null 2>&1 && ! timeout 300 docker pull --quiet "$image" > /dev/null 2>&1; then
  echo "sam local invoke: skipped, $image cannot be had"
  exit 0
fi

# A port of the container at which nobody listens: the SDK must not look for AWS. Variables that the template does not
# have cannot be given otherwise.
nowhere='Environment: {Variables: {AWS_ENDPOINT_URL: "http://127.0.0.1:9"}}'
sed "s|^  Function:\$|&\n    $nowhere|" "$build/template.yaml" > "$build/local.yaml"
secret=tidegate-test-secret

invoke() { # FUNCTION EVENT WORDS
  local answer
  answer=$(timeout 300 "$sam/sam" local invoke "$1" --template "$build/local.yaml" --event "$root/events/$2" \
    --skip-pull-image --parameter-overrides "Architecture=$architecture SecretGithub=$secret SecretSlack=$secret" \
    2> "$build/local.log") || true
  if [[ "${answer//[[:space:]]/}" != *"$3"* ]]; then
    tail -n 20 "$build/local.log" >&2
    echo "sam local invoke $1 with events/$2 answers ${answer:-nothing}, expected $3" >&2
    exit 1
  fi
}

invoke IngestFunction ingest-handshake-slack.json 3eZbrw1a
invoke IngestFunction ingest-refused-unsigned.json '"statusCode":401'
message=$(sed -n 's/.*"messageId": "\(.*\)".*/\1/p' "$root/events/worker-poison.json")
invoke WorkerFunction worker-poison.json "{\"batchItemFailures\":[{\"itemIdentifier\":\"$message\"}]}"
echo "sam local invoke: 3 events answered as expected in containers"
