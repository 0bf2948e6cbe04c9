//! What became of deliveries: read from the table and the dead-letter queue, as an operator would.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::{DisplayErrorContext, SdkError};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use aws_sdk_sqs::types::QueueAttributeName;
use shell::aws::s3::S3;
use shell::aws::{self, Patience};
use shell::settings::{Lookup, Settings, SettingsError};
use std::time::Duration;
use webhook::ledger::Key;

use crate::CliError;

/// How patient the calls of a person are.
pub(crate) const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(2),
    attempt: Duration::from_secs(10),
    operation: Duration::from_secs(30),
    attempts: 3,
};
/// DynamoDB's limit for one BatchGetItem.
const KEYS_MAX: usize = 100;

type Item = HashMap<String, AttributeValue>;

/// Clients that look into a stack.
pub struct Account {
    sqs: aws_sdk_sqs::Client,
    dynamodb: aws_sdk_dynamodb::Client,
    dead_letter_url: String,
    table: String,
}

/// How many letters lie in the dead-letter queue, as far as SQS knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Letters {
    /// Those that can be received.
    pub visible: u64,
    /// Those that a consumer has received and neither deleted nor let go.
    pub hidden: u64,
}

/// What the ledger says of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    /// `done`, `dead` and so on.
    pub status: String,
    /// Why it is dead, where it is.
    pub reason: Option<String>,
}

impl Account {
    /// Clients for endpoints on this machine.
    ///
    /// # Errors
    /// Never with the settings used here; the signature is that of reading settings.
    pub fn at(sqs_url: &str, dynamodb_url: &str, dead_letter_url: String, table: &str) -> Result<Self, CliError> {
        let lookup = |name: &str| match name {
            "AWS_REGION" => Some(local::REGION.to_owned()),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("local".to_owned()),
            "AWS_ENDPOINT_URL_SQS" => Some(sqs_url.to_owned()),
            "AWS_ENDPOINT_URL_DYNAMODB" => Some(dynamodb_url.to_owned()),
            _ => None,
        };
        Account::new(&lookup, dead_letter_url, table.to_owned())
    }

    /// A client for the objects of this machine.
    pub fn bodies_at(s3_url: &str) -> S3 {
        let lookup = |name: &str| match name {
            "AWS_REGION" => Some(local::REGION.to_owned()),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("local".to_owned()),
            "AWS_ENDPOINT_URL_S3" => Some(s3_url.to_owned()),
            _ => None,
        };
        S3::new(&Settings::new(&lookup), PATIENCE)
    }

    /// Clients for what a lookup says of region, credentials and endpoints.
    ///
    /// # Errors
    /// When it lacks some of that: every name at once.
    pub fn new(lookup: Lookup<'_>, dead_letter_url: String, table: String) -> Result<Self, CliError> {
        let settings = Settings::new(lookup);
        let sqs = aws_sdk_sqs::Client::new(&aws::config(&settings, "SQS", PATIENCE));
        let dynamodb = aws_sdk_dynamodb::Client::new(&aws::config(&settings, "DYNAMODB", PATIENCE));
        settings.finish().map_err(|SettingsError(mut mistakes)| {
            // Both services read the same names.
            mistakes.sort();
            mistakes.dedup();
            CliError::Usage(mistakes.join("; "))
        })?;
        Ok(Account { sqs, dynamodb, dead_letter_url, table })
    }

    /// The URL of the dead-letter queue.
    pub fn dead_letter_url(&self) -> &str {
        &self.dead_letter_url
    }

    /// The name of the ledger's table.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// The client of the queues' endpoint.
    pub fn sqs(&self) -> &aws_sdk_sqs::Client {
        &self.sqs
    }

    /// The client of the table's endpoint.
    pub fn dynamodb(&self) -> &aws_sdk_dynamodb::Client {
        &self.dynamodb
    }

    /// What the ledger says of these events; one that it does not know is not in the answer.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn fates(&self, keys: &[Key]) -> Result<HashMap<Key, Fate>, CliError> {
        let items = self.read(keys, "reason").await?;
        let fate = |item: &Item| Some(Fate { status: text(item, "status")?, reason: text(item, "reason") });
        Ok(items.iter().filter_map(|item| Some((key(item)?, fate(item)?))).collect())
    }

    /// What the handler left for these events.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn results(&self, keys: &[Key]) -> Result<HashMap<Key, String>, CliError> {
        self.texts(keys, "result").await
    }

    /// The token of the attempt that settled each of these events.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn owners(&self, keys: &[Key]) -> Result<HashMap<Key, String>, CliError> {
        self.texts(keys, "owner").await
    }

    async fn texts(&self, keys: &[Key], name: &str) -> Result<HashMap<Key, String>, CliError> {
        let items = self.read(keys, name).await?;
        Ok(items.iter().filter_map(|item| Some((key(item)?, text(item, name)?))).collect())
    }

    /// Reads rows, with their key, status and one more attribute.
    async fn read(&self, keys: &[Key], attribute: &str) -> Result<Vec<Item>, CliError> {
        let mut items = Vec::new();
        for chunk in keys.chunks(KEYS_MAX) {
            let text = |value: &str| AttributeValue::S(value.to_owned());
            let keys = chunk
                .iter()
                .map(|key| HashMap::from([("pk".to_owned(), text(&key.pk)), ("sk".to_owned(), text(&key.sk))]));
            let wanted = KeysAndAttributes::builder()
                .set_keys(Some(keys.collect()))
                .consistent_read(true)
                .projection_expression("pk, sk, #status, #more")
                .expression_attribute_names("#status", "status")
                .expression_attribute_names("#more", attribute)
                .build();
            let wanted = wanted.map_err(|error| CliError::failed(format!("a read is not complete: {error}")))?;
            let mut wanted = Some(HashMap::from([(self.table.clone(), wanted)]));
            while let Some(request) = wanted.filter(|request| !request.is_empty()) {
                let call = self.dynamodb.batch_get_item().set_request_items(Some(request)).send().await;
                let output = call.map_err(|error| {
                    CliError::failed(format!("the table does not answer: {}", DisplayErrorContext(&error)))
                })?;
                items.extend(output.responses.unwrap_or_default().remove(&self.table).unwrap_or_default());
                wanted = output.unprocessed_keys;
            }
        }
        Ok(items)
    }

    /// How many letters lie in the dead-letter queue, hidden ones among them.
    ///
    /// # Errors
    /// When the queue does not answer.
    pub async fn dead_letters(&self) -> Result<u64, CliError> {
        self.letters().await.map(|letters| letters.visible + letters.hidden)
    }

    /// How many letters lie in the dead-letter queue, and how many of them can be received.
    ///
    /// # Errors
    /// When the queue does not answer.
    pub async fn letters(&self) -> Result<Letters, CliError> {
        let [visible, hidden] = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let call = self.sqs.get_queue_attributes().queue_url(&self.dead_letter_url);
        let output = call.attribute_names(visible.clone()).attribute_names(hidden.clone()).send().await;
        let output = output.map_err(|error| match error {
            SdkError::DispatchFailure(_) => {
                CliError::failed(format!("{} cannot be reached, is the stack up?", self.dead_letter_url))
            }
            error => CliError::failed(format!("the queue does not answer: {}", DisplayErrorContext(&error))),
        })?;
        let count = |name| output.attributes.as_ref().and_then(|all| all.get(&name)?.parse().ok()).unwrap_or(0);
        Ok(Letters { visible: count(visible), hidden: count(hidden) })
    }
}

fn key(item: &Item) -> Option<Key> {
    Some(Key { pk: text(item, "pk")?, sk: text(item, "sk")? })
}

fn text(item: &Item, name: &str) -> Option<String> {
    item.get(name).and_then(|value| value.as_s().ok()).cloned()
}
