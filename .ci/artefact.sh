#!/usr/bin/env bash
# What is deployed, by the tools that deploy it: cargo-lambda builds both functions, `sam build` makes the same of them to
# the byte, they need no newer glibc than Lambda has, they answer every file of events/, and they work where template.yaml
# is deployed, with FIFO queues as well.
# Needs python3 with venv, and objdump; everything stays under target/.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/.ci/sam.sh"
. "$root/.ci/cargo-lambda.sh"
build=$target/sam-build
# The one of Amazon Linux 2023, on which provided.al2023 stands.
glibc=2.34

bash "$root/.ci/release.sh"
before=$(sha256sum "$target"/lambda/{ingest-fn,worker-fn}/bootstrap)

log=$target/sam-build.log
if ! (cd "$root" && "$sam/sam" build --parameter-overrides "Architecture=$architecture" --build-dir "$build") > "$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
if [[ "$before" != "$(sha256sum "$target"/lambda/{ingest-fn,worker-fn}/bootstrap)" ]]; then
  echo "sam build makes other functions than cargo lambda build" >&2
  exit 1
fi

for pair in ingest-fn:IngestFunction worker-fn:WorkerFunction; do
  function=${pair%:*}
  built=$build/${pair#*:}/bootstrap
  cmp "$target/lambda/$function/bootstrap" "$built"
  newest=$(objdump -T "$built" | grep -o 'GLIBC_[0-9.]*[0-9]' | sort -uV | tail -n 1)
  if [[ "$(printf '%s\n' "GLIBC_$glibc" "$newest" | sort -V | tail -n 1)" != "GLIBC_$glibc" ]]; then
    echo "$function needs $newest, and Lambda has $glibc" >&2
    exit 1
  fi
  echo "sam build: $function as cargo lambda build makes it, $(stat -c %s "$built") bytes, needs $newest"
done

# What a bundle leaves out, nothing else may need. Its sources then name nothing of it.
printf '[github]\nprovider = "github"\nsecrets = ["env:TIDEGATE_SECRET_GITHUB"]\n' > "$target/plain.toml"
for features in "" contract eventbridge https jq; do
  (cd "$root" && TIDEGATE_SOURCES_FILE=$target/plain.toml cargo check --quiet --locked --package worker-fn --no-default-features --features "$features")
done
echo "worker-fn: builds with none of its features, and with each alone"

bash "$root/.ci/rie.sh" "$target/lambda"
bash "$root/.ci/deployed.sh" "$target/lambda"
bash "$root/.ci/deployed.sh" "$target/lambda" FifoQueue=true
bash "$root/.ci/sam-local.sh" "$build"
