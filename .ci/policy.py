"""Holds checkov's findings against the exceptions that stand in the template, in both directions.

Usage: policy.py CLOUDFORMATION CHECKOV. checkov's own way to skip a check takes one without a reason, and one whose check
would be passed by now: so it is shown the template without them, and without conditions, which it takes for unmet.
"""

import json
import subprocess
import sys
from pathlib import Path


def exceptions(resources):
    """Takes the exceptions out: the reason of each by resource and check."""
    found = {}
    for name, resource in resources.items():
        resource.pop("Condition", None)
        for skip in resource.get("Metadata", {}).pop("checkov", {}).get("skip", []):
            found[name, skip["id"]] = skip.get("comment", "")
    return found


def main(path, checkov):
    template = json.loads(path.read_text())
    excepted = exceptions(template["Resources"])
    path.write_text(json.dumps(template))
    command = [checkov, "--file", str(path), "--framework", "cloudformation", "--skip-download", "--output", "json"]
    report = subprocess.run(command, stdout=subprocess.PIPE, timeout=300, check=False)
    report = json.loads(report.stdout)
    summary, results = report["summary"], report["results"]
    failed = {(check["resource"].split(".")[-1], check["check_id"]): check["check_name"] for check in results["failed_checks"]}
    mistakes = [f"{name}: {check}, {text}" for (name, check), text in failed.items() if (name, check) not in excepted]
    mistakes += [f"{name}: {check} is excepted and would be passed" for name, check in excepted if (name, check) not in failed]
    mistakes += [f"{name}: {check} is excepted without a reason" for (name, check), why in excepted.items() if not why.strip()]
    if summary["parsing_errors"] or not summary["passed"]:
        mistakes.append("checkov could not read it")
    for mistake in mistakes:
        print(f"template.yaml: {mistake}", file=sys.stderr)
    if mistakes:
        return 1
    print(f"checkov {summary['checkov_version']}: {summary['passed']} checks passed, {len(excepted)} exceptions, each with its reason")
    return 0


sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
