# Sourced by the scripts that need AWS services that share no code with ours: installs ministack, starts it on a free
# port of loopback, and ends it by its process id. Needs python3 with venv, which stays under target/.
#
# After `ministack_up NAME=VALUE...` there are $python, $engine, $engine_url, and a folder $work that is gone at the end.
. "$root/.ci/venv.sh"
engine=ministack==1.5.33
python=$target/engines/bin/python
work=$(mktemp -d)
ministack_pid=

ministack_down() {
  if [[ -n "$ministack_pid" ]]; then
    kill "$ministack_pid" 2>/dev/null || true
    for _ in {1..50}; do
      kill -0 "$ministack_pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL "$ministack_pid" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap ministack_down EXIT
trap 'exit 130' INT TERM

# The others are for the stack that `.ci/deployed.sh` deploys.
ministack_install() {
  venv engines "$engine" aws-sam-translator==1.115.0 boto3==1.43.106
}

# Starts it with these settings beside its own, in an environment of its own, and waits until it answers.
ministack_up() {
  local port give_up
  port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  engine_url="http://127.0.0.1:$port"
  mkdir "$work/home"
  env -i PATH="$PATH" HOME="$work/home" TMPDIR="$work/home" BIND_HOST=127.0.0.1 GATEWAY_PORT="$port" \
    AWS_ENDPOINT_URL="$engine_url" IOT_MTLS_ENABLED=0 "$@" "$target/engines/bin/ministack" > "$work/engine.log" 2>&1 &
  ministack_pid=$!
  give_up=$((SECONDS + 60))
  until "$python" -c "import urllib.request; urllib.request.urlopen('$engine_url/_ministack/health', timeout=5)" 2>/dev/null; do
    if ! kill -0 "$ministack_pid" 2>/dev/null || ((SECONDS >= give_up)); then
      echo "$engine does not answer at $engine_url:" >&2
      tail -n 20 "$work/engine.log" >&2
      exit 1
    fi
    sleep 0.2
  done
}
