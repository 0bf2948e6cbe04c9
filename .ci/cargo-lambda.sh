# Sourced by the scripts that need cargo-lambda. Of its environment PATH has the commands: itself, and python-zig, by which
# it finds its linker.
. "$root/.ci/venv.sh"
venv cargo-lambda cargo-lambda==1.9.2
export PATH="$target/cargo-lambda/bin:$PATH"
