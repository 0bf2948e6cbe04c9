//! Every row of the ledger, as it stands when a storm is over.

use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;

use crate::account::Account;
use crate::{CliError, bundle};

/// A row, as far as the audit wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// `source#identity`.
    pub pk: String,
    /// The destination's name.
    pub sk: String,
    /// `done`, `dead` and so on.
    pub status: String,
    /// Why it is dead, where it is.
    pub reason: Option<String>,
}

/// Reads them all.
///
/// # Errors
/// When the table does not answer.
pub async fn all(account: &Account) -> Result<Vec<Row>, CliError> {
    let scan = account
        .dynamodb()
        .scan()
        .table_name(bundle::TABLE)
        .consistent_read(true)
        .projection_expression("pk, sk, #status, reason")
        .expression_attribute_names("#status", "status");
    let mut pages = scan.into_paginator().send();
    let mut rows = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page
            .map_err(|error| CliError::failed(format!("the table does not answer: {}", DisplayErrorContext(&error))))?;
        // Beside the rows lie messages that are kept, and entities with the newest of their events.
        let is_row = |row: &Row| row.sk != webhook::kept::SK && row.sk != webhook::entity::SORT_KEY;
        rows.extend(page.items().iter().map(row).filter(is_row));
    }
    Ok(rows)
}

fn row(item: &HashMap<String, AttributeValue>) -> Row {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
    let [pk, sk, status] = ["pk", "sk", "status"].map(|name| text(name).unwrap_or_default());
    Row { pk, sk, status, reason: text("reason") }
}
