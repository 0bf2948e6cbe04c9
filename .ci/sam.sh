# Sourced by the scripts that need AWS's SAM CLI, with which come the linter, the translator and the emulator.
. "$root/.ci/venv.sh"

export SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1
venv sam aws-sam-cli==1.170.0
sam=$target/sam/bin
case "$(uname -m)" in
  aarch64) architecture=arm64 ;;
  *) architecture=x86_64 ;;
esac
rie=$(echo "$target"/sam/lib/python3*/site-packages/samcli/local/rapid/"aws-lambda-rie-$architecture")
