#!/usr/bin/env bash
# Builds what is deployed with the tools that deploy it, and tries it: `sam build` has cargo-lambda build both functions
# for this machine's processor, `cargo lambda build` finds the same ones built, they need no newer glibc than Lambda has,
# and they answer every file of events/. Needs python3 with venv, and objdump; everything stays under target/.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/.ci/sam.sh"
venv cargo-lambda cargo-lambda==1.9.2
# Of the environment only its commands: cargo-lambda, and python-zig, by which it finds its linker.
export PATH="$target/cargo-lambda/bin:$PATH"
build=$target/sam-build
log=$target/sam-build.log
# glibc of Amazon Linux 2023, in which provided.al2023 runs.
glibc=2.34

cd "$root"
"$sam/sam" build --parameter-overrides "Architecture=$architecture" --build-dir "$build" > "$log" 2>&1 || {
  cat "$log" >&2
  exit 1
}
grep '^Build Succeeded' "$log"

for pair in ingest-fn:IngestFunction worker-fn:WorkerFunction; do
  function=${pair%:*}
  built=$build/${pair#*:}/bootstrap
  told=$(cargo lambda build --release --locked --package "$function" 2>&1)
  if [[ "$told" == *Compiling* ]] || ! cmp "$target/lambda/$function/bootstrap" "$built"; then
    echo "$told" >&2
    echo "cargo lambda build makes another $function than sam build has made" >&2
    exit 1
  fi
  newest=$(objdump -T "$built" | grep -o 'GLIBC_[0-9.]*[0-9]' | sort -uV | tail -n 1)
  if [[ "$(printf '%s\n' "GLIBC_$glibc" "$newest" | sort -V | tail -n 1)" != "GLIBC_$glibc" ]]; then
    echo "$function needs $newest, and Lambda has $glibc" >&2
    exit 1
  fi
  echo "cargo lambda build: $function is built, $(stat -c %s "$built") bytes, needs $newest"
done

bash .ci/rie.sh "$target/lambda"
bash .ci/sam-local.sh "$build"
