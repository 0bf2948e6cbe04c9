//! The roles of `template.yaml` against the code: each action that a function calls is there, and no other.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// An action of IAM, and the resource where the code says which.
type Action = (String, Option<String>);

/// A role of the template, and whose it is.
struct Role {
    name: &'static str,
    function: &'static str,
    folder: &'static str,
    /// The queues that fields of the code stand for.
    queues: &'static [(&'static str, &'static str)],
}

const ROLES: [Role; 2] = [
    Role {
        name: "IngestRole",
        function: "IngestFunction",
        folder: "ingest-fn",
        queues: &[("url", "!GetAtt Queue.Arn")],
    },
    Role {
        name: "WorkerRole",
        function: "WorkerFunction",
        folder: "worker-fn",
        queues: &[("queue_url", "!GetAtt Queue.Arn"), ("dead_letter_url", "!GetAtt DeadLetterQueue.Arn")],
    },
];

/// What a role needs beside the calls of the code: a word of the code or of the function's part of the template, the
/// resource where it matters which, and the actions that it takes.
const BESIDE: [(&str, Option<&str>, &[&str]); 5] = [
    // Lambda writes what the function prints by the function's role.
    ("LoggingConfig:", None, &["logs:CreateLogStream", "logs:PutLogEvents"]),
    ("Tracing:", None, &["xray:PutTelemetryRecords", "xray:PutTraceSegments"]),
    // "Configuring permissions for an Amazon SQS event source mapping" in the Lambda guide.
    ("AWS::Lambda::EventSourceMapping", None, &["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]),
    // SSM unseals with the caller's permission where the key is one of the account's.
    ("\"WithDecryption\":true", Some("!Ref SecretsKeyArn"), &["kms:Decrypt"]),
    // So do SQS, DynamoDB and S3; a message is sealed with a data key, and whoever sends it has it checked
    // ("Amazon SQS Key management").
    ("client.send_message()", Some("!Ref DataKeyArn"), &["kms:Decrypt", "kms:GenerateDataKey"]),
];

/// The code of a function without comments, tests and white space: a chain of calls reads the same on one line.
fn code(folder: &str) -> Vec<String> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder).join("src")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
                continue;
            }
            let text = fs::read_to_string(entry.path()).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap();
            let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            files.push(lines.flat_map(|line| line.split_whitespace()).collect());
        }
    }
    files
}

/// The word that follows each place where the mark stands, and what is behind it.
fn after<'a>(text: &'a str, mark: &str) -> Vec<(&'a str, &'a str)> {
    let end = |rest: &str| rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
    text.split(mark).skip(1).map(|rest| rest.split_at(end(rest))).collect()
}

/// The action that a method of an SDK's client takes, `put_item` for one; a transaction takes those of its writes, and a
/// batch of SQS those of its entries ("Amazon SQS API permissions").
fn action(service: &str, method: &str) -> Option<String> {
    let part = |part: &str| part[..1].to_uppercase() + &part[1..];
    let operation: String = method.split('_').map(part).collect();
    let operation = if service == "sqs" { operation.trim_end_matches("Batch") } else { &operation };
    (!operation.starts_with("Transact")).then(|| format!("{service}:{operation}"))
}

/// The actions that the code of a function takes, as its calls say.
fn called(files: &[String], queues: &[(&str, &str)]) -> Vec<Action> {
    let mut called = Vec::new();
    for text in files {
        let service = if text.contains("aws_sdk_sqs") { "sqs" } else { "dynamodb" };
        let calls = after(text, "client.");
        let calls: Vec<_> = calls.into_iter().filter(|(_, rest)| rest.starts_with("()")).collect();
        assert_eq!(calls.len(), text.matches(".send()").count(), "write `client.operation()` for each call: {text}");
        for (method, rest) in calls {
            let queue = rest.strip_prefix("().queue_url(&self.").map(|rest| rest.split(')').next().unwrap());
            assert!(service != "sqs" || queue.is_some(), "{method}: say which queue first, by a field");
            let arn = |field| queues.iter().find(|(name, _)| *name == field).map(|(_, arn)| (*arn).to_owned());
            called.extend(action(service, method).map(|action| (action, queue.and_then(arn))));
        }
        for (write, _) in after(text, "TransactWriteItem::builder().") {
            called.extend(action("dynamodb", &format!("{write}_item")).map(|action| (action, None)));
        }
        for (target, rest) in after(text, ".call(\"") {
            let service = [("AmazonSSM", "ssm"), ("AWSEvents", "events")].into_iter().find(|(name, _)| *name == target);
            let (_, service) = service.unwrap_or_else(|| panic!("{target}: say here which service of IAM it is"));
            called.push((format!("{service}:{}", after(rest, ".")[0].0), None));
        }
        called.extend(
            after(text, "s3.").iter().map(|(verb, _)| (action("s3", &format!("{verb}_object")).unwrap(), None)),
        );
    }
    called
}

/// The part of the template from a line on, as far as what stands below it.
fn part<'a>(template: &'a str, line: &str) -> &'a str {
    let from = template.find(line).unwrap_or_else(|| panic!("template.yaml has no {line}"));
    let rest = &template[from..];
    rest[1..].find("\n\n").map_or(rest, |end| &rest[..=end])
}

/// What the statements of a role allow: each action with its resource.
fn allowed(template: &str, role: &str) -> Vec<Action> {
    let policy = part(template, &format!("\n  {role}:\n")).split("\n      Policies:\n").nth(1).unwrap();
    let mut allowed = Vec::new();
    for statement in policy.split("- Sid: ").skip(1) {
        let resource = statement.split("Resource:").nth(1).and_then(|rest| rest.lines().next()).unwrap();
        let resource = resource.split(" #").next().unwrap().trim();
        let list = statement.split("Action:").nth(1).unwrap();
        assert!(list.starts_with('\n'), "{role}: write one action a line, below `Action:`");
        let lines = list.lines().skip(1).map_while(|line| line.trim().strip_prefix("- "));
        let actions = lines.map(|line| line.split(" #").next().unwrap().trim().to_owned());
        allowed.extend(actions.map(|action| (action, Some(resource.to_owned()))));
    }
    allowed
}

/// Where a role and what it needs differ, as sentences.
fn differences(role: &str, needed: &[Action], allowed: &[Action]) -> Vec<String> {
    let meets =
        |(needed, at): &Action, (allowed, resource): &Action| needed == allowed && (at.is_none() || at == resource);
    let on = |(action, at): &Action| at.as_ref().map_or_else(|| action.clone(), |at| format!("{action} on {at}"));
    let lacking = needed.iter().filter(|need| !allowed.iter().any(|given| meets(need, given)));
    let lacking = lacking.map(|need| format!("{role} lacks {}, which its function calls", on(need)));
    // A call that stands in several places is missing once.
    let lacking = lacking.collect::<BTreeSet<_>>().into_iter();
    let unused = allowed.iter().filter(|given| !needed.iter().any(|need| meets(need, given)));
    lacking.chain(unused.map(|given| format!("{role} has {}, which its function never calls", on(given)))).collect()
}

/// Each role: its name, what its function needs, and what it is allowed.
fn roles() -> Vec<(&'static str, Vec<Action>, Vec<Action>)> {
    let template = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml")).unwrap();
    let whole = |role: Role| {
        let files = code(role.folder);
        let mut needed = called(&files, role.queues);
        // What stands below its name, and what else begins with it, such as the mapping of its queue.
        let own = format!("  {}", role.function);
        let function: String = template.split("\n\n").filter(|part| part.starts_with(&own)).collect();
        let globals = part(&template, "\nGlobals:\n");
        for (word, resource, actions) in BESIDE {
            if function.contains(word) || globals.contains(word) || files.iter().any(|text| text.contains(word)) {
                let resource = resource.map(str::to_owned);
                needed.extend(actions.iter().map(|action| ((*action).to_owned(), resource.clone())));
            }
        }
        (role.name, needed, allowed(&template, role.name))
    };
    ROLES.into_iter().map(whole).collect()
}

#[test]
fn each_role_allows_what_its_function_calls_and_nothing_else() {
    for (role, needed, allowed) in roles() {
        assert!(allowed.len() > 5, "{allowed:?}");
        assert_eq!(differences(role, &needed, &allowed), [""; 0], "template.yaml: mend the role");
    }
}

#[test]
fn an_action_that_is_taken_away_or_added_is_named() {
    for (role, needed, allowed) in roles() {
        for index in 0..allowed.len() {
            let mut fewer = allowed.clone();
            let (action, _) = fewer.remove(index);
            let told = differences(role, &needed, &fewer);
            assert!(!told.is_empty(), "nobody misses {action} of {role}");
            let named = |line: &String| line.starts_with(&format!("{role} lacks {action}"));
            assert!(told.iter().all(named), "{told:?} without {action}");
        }
        for (action, resource) in
            [("sqs:PurgeQueue", "!GetAtt Queue.Arn"), ("dynamodb:*", "!GetAtt Table.Arn"), ("sqs:SendMessage", "*")]
        {
            let more: Vec<Action> = [&allowed[..], &[(action.to_owned(), Some(resource.to_owned()))]].concat();
            let told = differences(role, &needed, &more);
            assert_eq!(told, [format!("{role} has {action} on {resource}, which its function never calls")]);
        }
    }
}
