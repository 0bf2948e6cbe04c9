# Sourced by the scripts that try built functions. `functions_in DIR` sets $functions to DIR, which has
# ingest-fn/bootstrap and worker-fn/bootstrap as `cargo lambda build` leaves them in target/lambda; without DIR, to
# cargo's debug binaries, in $work.
functions_in() {
  if [[ -n "${1:-}" ]]; then
    functions=$(cd "$1" && pwd)
    return
  fi
  functions=$work/functions
  # Of the whole workspace, so that the features are those of `cargo test`, which has built all of it but the last step.
  (cd "$root" && cargo build --quiet --bin ingest-fn --bin worker-fn)
  for name in ingest-fn worker-fn; do
    install -D "${CARGO_TARGET_DIR:-$root/target}/debug/$name" "$functions/$name/bootstrap"
  done
}
