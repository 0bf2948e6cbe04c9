"""Turns template.yaml into the CloudFormation that AWS would make of it, and holds it against the code.

Usage: translate.py ROOT OUT [PARAMETER=VALUE...]. Needs aws-sam-translator and AWS_DEFAULT_REGION, no network and no
account. SAM itself acts on few parameters (here Canary); the others stay references. cfn-lint then sees the plain resources, where it finds more than in the SAM template.
"""

import json
import logging
import re
import sys
import tomllib
from pathlib import Path

from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


# It warns of what its own switches do not know.
logging.getLogger("samtranslator").setLevel(logging.ERROR)


class NoManagedPolicies:
    """Roles are written out in the template, so there is no managed policy to look up."""

    def load(self):
        return {}


def translate(template, values):
    """The CloudFormation of a SAM template whose code is packaged, as `sam package` would have done, with these values of
    parameters that SAM acts on."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    return transform(template, values, NoManagedPolicies())


def mistakes(root, resources, parameters):
    """Where the template and the code disagree, as sentences: settings, secrets, widths of the roles."""
    for name, folder in [("IngestFunction", "ingest-fn"), ("WorkerFunction", "worker-fn")]:
        properties = resources[name]["Properties"]
        given = set(properties["Environment"]["Variables"])
        wanted = set(re.findall(r'"(TIDEGATE_\w+)"', (root / folder / "src/lambda.rs").read_text()))
        # Public keys come from elsewhere on a developer's machine only.
        wanted.discard("TIDEGATE_DOCUMENTS_URL")
        sources = tomllib.loads((root / "sources.toml").read_text()).values()
        if folder == "ingest-fn":
            places = {place for source in sources for place in source["secrets"]}
            wanted |= {place.removeprefix("env:") for place in places if place.startswith("env:")}
            yield from ssm_parameters({place.removeprefix("ssm:") for place in places if place.startswith("ssm:")}, resources)
        else:
            places = [place for source in sources for place in outside(source.get("destination", "table"))]
            wanted |= {place.removeprefix("env:") for place in places if place.startswith("env:")}
            # For the first source with an event bus, so that a parameter is all that it takes.
            given.discard("EVENT_BUS_NAME")
            wanted.discard("EVENT_BUS_NAME")
        for setting in sorted(wanted - given):
            yield f"{name} lacks the environment variable {setting}, which {folder} reads"
        for setting in sorted(given - wanted):
            yield f"{name} has the environment variable {setting}, which {folder} does not read"
        for setting, value in properties["Environment"]["Variables"].items():
            if setting.startswith("TIDEGATE_SECRET_") and not (isinstance(value, dict) and "Ref" in value):
                yield f"{setting} stands in the template, give it by a NoEcho parameter"

    yield from alarms(root, resources)
    yield from calls(resources)

    timeout, visible = resources["WorkerFunction"]["Properties"]["Timeout"], resources["Queue"]["Properties"]
    _, with_window, without = visible["VisibilityTimeout"]["Fn::If"]
    window = parameters["BatchWindowSeconds"]["MaxValue"]
    for given, wanted in [(without, 6 * timeout), (with_window, 6 * timeout + window)]:
        if given < wanted:
            yield f"Queue hides messages for {given} s, expected {wanted}: six times the worker's {timeout}, and the batch window"

    given_up = resources["WorkerFunction"]["Properties"]["Environment"]["Variables"]["TIDEGATE_RECEIVES_MAX"]
    # Of a FIFO queue, and of a standard one.
    for given_up, redriven in zip(given_up["Fn::If"][1:], visible["RedrivePolicy"]["maxReceiveCount"]["Fn::If"][1:]):
        if int(given_up) >= redriven:
            yield f"Queue redrives at {redriven} receives, before the worker gives up at {given_up} and says why"

    for name, resource in resources.items():
        for key in ["LogGroupName", "DashboardName", "QueueName", "TableName", "BucketName", "RoleName", "AlarmName"]:
            if key in resource["Properties"] and "${AWS::StackName}" not in str(resource["Properties"][key]):
                yield f"{name} has a {key} without the stack's, so that two stages in one account are in each other's way"
        # SAM's own role for CodeDeploy, where there is a canary, has a policy of AWS's.
        if resource["Type"] == "AWS::IAM::Role" and name != "CodeDeployServiceRole":
            if "ManagedPolicyArns" in resource["Properties"]:
                yield f"{name} has managed policies, write out the actions that it needs"
            for policy in resource["Properties"].get("Policies", []):
                for statement in policy["PolicyDocument"]["Statement"]:
                    # One that a condition brings.
                    statement = statement.get("Fn::If", [None, statement])[1]
                    actions = "".join(statement["Action"])
                    if "*" in actions or (statement["Resource"] == "*" and "xray:" not in actions):
                        yield f"{name} may do more than it needs, in its statement {statement.get('Sid')}"


def calls(resources):
    """Where a function is called past its alias although there is a canary, or by it although there is none."""
    path = resources["HttpApi"]["Properties"]["Body"]["paths"]["/hooks/{source}"]["x-amazon-apigateway-any-method"]
    places = [
        ("HttpApi", path["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"][1]["Function"], "IngestFunction"),
        ("WorkerFunctionQueue", resources["WorkerFunctionQueue"]["Properties"]["FunctionName"], "WorkerFunction"),
    ]
    for name, called, function in places:
        itself = [{"Ref": function}, {"Fn::GetAtt": [function, "Arn"]}]
        condition, alias, plain = called.get("Fn::If", [None, None, None])
        if (condition, alias) != ("HasCanary", {"Ref": f"{function}Aliaslive"}) or plain not in itself:
            yield f"{name} has to call {function} by its alias where HasCanary is true, and by itself where not"
    allowed = [one["Properties"]["FunctionName"] for one in resources.values() if one["Type"] == "AWS::Lambda::Permission"]
    for called in [{"Ref": "IngestFunction"}, {"Ref": "IngestFunctionAliaslive"}]:
        if called not in allowed:
            yield f"the API may not call {called['Ref']}, which it does before or after Canary is switched"


def alarms(root, resources):
    """Where alarms, their page and the sources disagree, as sentences."""
    page = (root / "docs/alarms.md").read_text()
    rows = set(re.findall(r"^\| `(\w+Alarm)`", page, re.MULTILINE))
    metrics = {name for row in re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", page, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    silent = set()
    for name, resource in resources.items():
        if resource["Type"] != "AWS::CloudWatch::Alarm":
            continue
        properties = resource["Properties"]
        if name.endswith("SilentAlarm"):
            silent |= {entry["Value"] for entry in properties["Dimensions"] if entry["Name"] == "Source"}
        elif name not in rows:
            yield f"{name} has no row in docs/alarms.md"
        rows.discard(name)
        if properties["Namespace"] == "Tidegate" and properties["MetricName"] not in metrics:
            yield f"{name} is about {properties['MetricName']}, which docs/alarms.md does not list"
    for name in sorted(rows):
        yield f"docs/alarms.md has {name}, which is no alarm"
    sources = set(tomllib.loads((root / "sources.toml").read_text()))
    for source in sorted(sources - silent):
        yield f"the source {source} has no alarm for its silence"
    for source in sorted(silent - sources):
        yield f"an alarm waits for {source}, which is no source"


def outside(destination):
    """Where a destination of sources.toml is, and where it has its secrets: "env:NAME" and others."""
    if isinstance(destination, list):
        return [place for one in destination for place in outside(one)]
    if isinstance(destination, dict):
        return [destination[key] for key in ("url", "bus", "sign") if key in destination]
    return [destination.removeprefix("eventbridge:")]


def ssm_parameters(names, resources):
    """Where the ingest role may read other parameters than sources.toml names, as sentences."""
    prefix = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter"
    wanted = {prefix + name.replace("{stage}", "${Stage}") for name in names}
    policies = resources["IngestRole"]["Properties"]["Policies"]
    statements = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
    given = set()
    for statement in statements:
        if "ssm:GetParameters" in statement.get("Action", []):
            arns = statement["Resource"]
            given |= {arn["Fn::Sub"] for arn in (arns if isinstance(arns, list) else [arns])}
    for arn in sorted(wanted - given):
        yield f"IngestRole may not read {arn}, which sources.toml names: add it to the statement Secrets"
    for arn in sorted(given - wanted):
        yield f"IngestRole may read {arn}, which sources.toml does not name"
    secrets = [name for name in names if name.startswith("/aws/reference/secretsmanager/")]
    if secrets and not any("secretsmanager:GetSecretValue" in statement.get("Action", []) for statement in statements):
        yield f"IngestRole lacks secretsmanager:GetSecretValue for {', '.join(sorted(secrets))}"


def main(root, out, values):
    try:
        cloudformation = translate(yaml_parse((root / "template.yaml").read_text()), values)
    except InvalidDocumentException as error:
        return [cause.message for cause in error.causes]
    out.write_text(json.dumps(cloudformation, indent=2))
    return list(mistakes(root, cloudformation["Resources"], cloudformation["Parameters"]))


found = main(Path(sys.argv[1]), Path(sys.argv[2]), dict(value.split("=", 1) for value in sys.argv[3:]))
for mistake in found:
    print(f"template.yaml: {mistake}", file=sys.stderr)
sys.exit(1 if found else 0)
