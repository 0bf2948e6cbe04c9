"""The stack of template.yaml on the emulator: what SAM makes of it, and the little that the emulator needs besides.

Five things of the translated copy are changed, and nothing else:

- Code: the two archives that were uploaded, where `sam package` writes its own.
- The API's routes. ministack ignores an API's OpenAPI `Body`, so what stands there is said again as a Route and an
  Integration for each of its paths and methods.
- MaximumConcurrency of the event source mapping, which is a parameter. CloudFormation makes a number of it, and
  ministack leaves it the text that parameters are, which its poller then cannot compare.
- The resource of ssm:GetParameters. ministack asks a role for that action on "*", whichever parameters are named.
- The bucket's policy, which lets nobody in without TLS: ministack holds it, and is asked over HTTP here.
"""

import io
import json
import zipfile

import signing

STACK = "tidegate"
CODE = "tidegate-code"
# A domain of one's own, which Twilio signs. ministack does not know it and is asked by the API's id.
PUBLIC_URL = "https://hooks.example.com"
ALARM_TOPIC = "arn:aws:sns:us-east-1:000000000000:alarms"


def archive(bootstrap):
    """What `sam package` uploads: one executable named bootstrap."""
    entry = zipfile.ZipInfo("bootstrap")
    entry.external_attr = 0o100755 << 16
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as out:
        out.writestr(entry, bootstrap.read_bytes())
    return packed.getvalue()


def adapted(cloudformation):
    """The translated template as the emulator can take it."""
    resources = cloudformation["Resources"]
    for function, key in [("IngestFunction", "ingest-fn"), ("WorkerFunction", "worker-fn")]:
        resources[function]["Properties"]["Code"] = {"S3Bucket": CODE, "S3Key": key}
    scaling = resources["WorkerFunctionQueue"]["Properties"]["ScalingConfig"]
    scaling["MaximumConcurrency"] = int(cloudformation["Parameters"][scaling["MaximumConcurrency"]["Ref"]]["Default"])
    del resources["BodiesBucketPolicy"]
    for statement in resources["IngestRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]:
        if statement.get("Action") == ["ssm:GetParameters"]:
            statement["Resource"] = "*"
    for name, api in [one for one in resources.items() if one[1]["Type"] == "AWS::ApiGatewayV2::Api"]:
        body = api["Properties"].pop("Body")
        api["Properties"] |= {"Name": STACK, "ProtocolType": "HTTP"}
        for number, (path, method, integration) in enumerate(integrations(body)):
            resources[f"{name}Integration{number}"] = {
                "Type": "AWS::ApiGatewayV2::Integration",
                "Properties": {
                    "ApiId": {"Ref": name},
                    "IntegrationType": integration["type"].upper(),
                    "IntegrationMethod": integration["httpMethod"],
                    "IntegrationUri": integration["uri"],
                    "PayloadFormatVersion": integration["payloadFormatVersion"],
                },
            }
            resources[f"{name}Route{number}"] = {
                "Type": "AWS::ApiGatewayV2::Route",
                "Properties": {
                    "ApiId": {"Ref": name},
                    "RouteKey": f"{method} {path}",
                    "Target": {"Fn::Sub": f"integrations/${{{name}Integration{number}}}"},
                },
            }
    return cloudformation


def integrations(body):
    """Path, method and integration of each operation of an OpenAPI document."""
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            verb = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
            yield path, verb, operation["x-amazon-apigateway-integration"]


def deploy(aws, cloudformation, folder, more):
    """Creates the stack, with more parameters than every one has, and waits for it. Gives its resources by logical name, and its outputs."""
    s3 = aws("s3")
    s3.create_bucket(Bucket=CODE)
    for name in ["ingest-fn", "worker-fn"]:
        s3.put_object(Bucket=CODE, Key=name, Body=archive(folder / name / "bootstrap"))
    s3.put_object(Bucket=CODE, Key="template.json", Body=json.dumps(adapted(cloudformation)))
    # The one secret that sources.toml keeps in SSM; the others are parameters of the stack.
    aws("ssm").put_parameter(Name="/tidegate/prod/svix", Type="SecureString", Value=signing.SECRETS["svix"])
    given = {"Secret" + name.title().replace("-", ""): secret for name, secret in signing.SECRETS.items() if name != "svix"}
    # What conditions would leave out, too. The source relayed has a secret for its alarm, and is not posted to: its
    # endpoint has to be outside.
    given |= {"LargeBodies": "true", "SilentHours": "1", "AlarmTopicArn": ALARM_TOPIC}
    given |= {"Architecture": "x86_64", "PublicUrl": PUBLIC_URL, "SecretRelayed": signing.WHSEC} | more
    client = aws("cloudformation")
    client.create_stack(
        StackName=STACK,
        TemplateURL=f"https://s3.amazonaws.com/{CODE}/template.json",
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    client.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    stack = client.describe_stacks(StackName=STACK)["Stacks"][0]
    pages = client.get_paginator("list_stack_resources").paginate(StackName=STACK)
    resources = {one["LogicalResourceId"]: one for page in pages for one in page["StackResourceSummaries"]}
    return resources, {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
