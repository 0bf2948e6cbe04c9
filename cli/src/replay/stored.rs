//! The messages that are kept in the table, and what became of their events.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use indicatif::ProgressBar;
use shell::clock;
use webhook::kept;

use super::selection::{NONE, Selection};
use crate::CliError;
use crate::account::Account;
use crate::dead::print::{causes, plain};

/// How many events are looked up at once.
const AT_ONCE: usize = 10;

type Item = HashMap<String, AttributeValue>;

/// An event whose message was kept, without the message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stored {
    /// The partition key of its rows.
    pub pk: String,
    /// The name of the source.
    pub source: String,
    /// What makes two deliveries the same event.
    pub identity: String,
    /// The provider's name for the kind of event.
    pub event_type: Option<String>,
    /// When it came, Unix time in milliseconds.
    pub received_at_ms: u64,
    /// How large its message is.
    pub message_bytes: u64,
    /// What became of it, by destination.
    pub statuses: BTreeMap<String, String>,
}

/// What a search came to.
pub struct Found {
    /// The chosen events.
    pub chosen: Vec<Stored>,
    /// How many of the right source, id, type and time ended otherwise, or were too many.
    pub left: usize,
}

impl Stored {
    /// Names the event to whoever asked for it.
    pub fn name(&self) -> String {
        plain(&format!("{} {}", self.source, self.identity))
    }

    /// What became of it, in words.
    pub fn became(&self) -> String {
        let words: Vec<String> =
            self.statuses.iter().map(|(destination, status)| format!("{destination}: {status}")).collect();
        if words.is_empty() { NONE.to_owned() } else { words.join(", ") }
    }

    /// Its statuses, one of which there always is.
    pub fn ends(&self) -> impl Iterator<Item = &str> {
        self.statuses.values().map(String::as_str).chain(self.statuses.is_empty().then_some(NONE))
    }

    fn of(item: &Item) -> Option<Self> {
        Some(Stored {
            pk: text(item, "pk")?,
            source: text(item, "source")?,
            identity: text(item, "identity")?,
            event_type: text(item, "event_type"),
            received_at_ms: number(item, "received_at_ms")?,
            message_bytes: number(item, "message_bytes")?,
            statuses: BTreeMap::new(),
        })
    }
}

/// Finds the events of a selection; `whatever` became of them, or what the selection wants.
///
/// # Errors
/// When the table does not answer.
pub async fn find(account: &Account, selection: &Selection, whatever: bool) -> Result<Found, CliError> {
    let mut found = Found { chosen: Vec::new(), left: 0 };
    let progress = ProgressBar::new_spinner();
    let mut pages = scan(account, selection).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| unread(&causes(&error)))?;
        let kept: Vec<Stored> = page.items().iter().filter_map(Stored::of).collect();
        let looked_up = stream::iter(kept).map(|stored| look_up(account, stored)).buffered(AT_ONCE);
        for stored in looked_up.try_collect::<Vec<Stored>>().await? {
            if (whatever || selection.chooses(stored.ends())) && !selection.is_full(found.chosen.len()) {
                found.chosen.push(stored);
            } else {
                found.left += 1;
            }
        }
        progress.set_message(format!("{} events chosen", found.chosen.len()));
        progress.tick();
        if selection.is_full(found.chosen.len()) {
            break;
        }
    }
    progress.finish_and_clear();
    Ok(found)
}

/// Reads the message of an event.
///
/// # Errors
/// When it is not there any more, was too large to be kept, or the table does not answer.
pub async fn message(account: &Account, stored: &Stored) -> Result<String, CliError> {
    let key = kept::key(&stored.source, &stored.identity);
    let get = account.dynamodb().get_item().table_name(account.table()).consistent_read(true);
    let get = get.key("pk", AttributeValue::S(key.pk)).key("sk", AttributeValue::S(key.sk));
    let item = get.send().await.map_err(|error| unread(&causes(&error)))?.item;
    let item = item.ok_or_else(|| CliError::failed("its message is not kept any more"))?;
    let packed = item.get("message").and_then(|value| value.as_b().ok());
    let packed = packed.ok_or_else(|| {
        CliError::failed(format!("its message of {} bytes was too large to be kept", stored.message_bytes))
    })?;
    let message = kept::unpack(packed.as_ref(), number(&item, "message_bytes").unwrap_or(0));
    message.ok_or_else(|| CliError::failed("its message cannot be unpacked"))
}

fn scan(account: &Account, selection: &Selection) -> aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder {
    let now_ms = clock::now_ms();
    let mut call = account
        .dynamodb()
        .scan()
        .table_name(account.table())
        .consistent_read(true)
        .projection_expression("pk, #source, #identity, event_type, received_at_ms, message_bytes")
        .expression_attribute_names("#source", "source")
        .expression_attribute_names("#identity", "identity");
    // A row of the ledger has no message; what is past its time counts as gone.
    let mut filter = vec!["attribute_exists(message_bytes)", "expires_at > :now"];
    call = call.expression_attribute_values(":now", AttributeValue::N((now_ms / 1000).to_string()));
    let words = [
        (&selection.source, ":source", "#source = :source"),
        (&selection.event_type, ":type", "event_type = :type"),
        (&selection.id, ":id", "(#identity = :id OR event_id = :id)"),
    ];
    for (word, name, clause) in words {
        if let Some(word) = word {
            call = call.expression_attribute_values(name, AttributeValue::S(word.clone()));
            filter.push(clause);
        }
    }
    let times = [
        (selection.since, ":since", "received_at_ms >= :since"),
        (selection.until, ":until", "received_at_ms < :until"),
    ];
    for (time, name, clause) in times {
        if let Some(time) = time {
            call = call.expression_attribute_values(name, AttributeValue::N(time.start_ms(now_ms).to_string()));
            filter.push(clause);
        }
    }
    call.filter_expression(filter.join(" AND "))
}

/// Reads what became of an event: its rows, but for those past their time.
async fn look_up(account: &Account, mut stored: Stored) -> Result<Stored, CliError> {
    let query = account
        .dynamodb()
        .query()
        .table_name(account.table())
        .consistent_read(true)
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", AttributeValue::S(stored.pk.clone()))
        .projection_expression("sk, #status, superseded, expires_at")
        .expression_attribute_names("#status", "status");
    let now_s = clock::now_ms() / 1000;
    let mut pages = query.into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| unread(&causes(&error)))?;
        let lives = |item: &&Item| number(item, "expires_at").is_none_or(|at| at > now_s);
        let status = |item: &Item| {
            let superseded = item.get("superseded").and_then(|value| value.as_bool().ok()) == Some(&true);
            let status = text(item, "status")?;
            Some((text(item, "sk")?, if superseded { "superseded".to_owned() } else { status }))
        };
        stored.statuses.extend(page.items().iter().filter(lives).filter_map(status));
    }
    Ok(stored)
}

fn unread(why: &str) -> CliError {
    CliError::failed(format!("the table does not answer: {why}"))
}

fn text(item: &Item, name: &str) -> Option<String> {
    item.get(name).and_then(|value| value.as_s().ok()).cloned()
}

fn number(item: &Item, name: &str) -> Option<u64> {
    item.get(name).and_then(|value| value.as_n().ok()).and_then(|number| number.parse().ok())
}
