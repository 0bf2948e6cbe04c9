//! The table of a story: the rules in memory, or the worker's own ledger on a DynamoDB engine.

use std::sync::Mutex;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use webhook::ledger::{Key, Row, Status};
use worker_fn::handle::{ExtraWrite, Refused};
use worker_fn::ledger::{Ledger, LedgerError, Mark, Write};

/// What DynamoDB takes as one item, in bytes (developer guide, "Quotas").
pub(crate) const ITEM_BYTES_MAX: usize = 400 * 1024;

/// Where rows are.
pub(crate) enum Table {
    /// The rules themselves, without a database.
    Memory(Mutex<Memory>),
    /// A table on an engine that speaks DynamoDB's protocol.
    DynamoDb(DynamoDb),
}

/// The one row of a story, and the one item that its handlers write to.
#[derive(Default)]
pub(crate) struct Memory {
    row: Option<Row>,
    entity: Option<Entity>,
}

/// A table of a story's own.
pub(crate) struct DynamoDb {
    pub(crate) client: Client,
    pub(crate) table: String,
    pub(crate) ledger: Ledger,
}

/// The item that handlers write to: which version of an entity came last, and how many effects it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entity {
    pub(crate) version: u64,
    pub(crate) effects: u64,
}

/// A handler's write: one more effect, and with it this version. Its condition is that the version rises.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Raise {
    pub(crate) version: u64,
    pub(crate) refused: Refused,
}

/// The event that every story is about.
pub(crate) fn key() -> Key {
    Key::new("billing", "evt_1", "anywhere")
}

impl Table {
    /// One conditional write over the event's row, with a handler's write or without.
    pub(crate) async fn write(&self, write: Write<'_>, raise: Option<Raise>) -> Result<(), LedgerError> {
        match self {
            // OK because no thread panics while it holds the lock.
            Table::Memory(memory) => memory.lock().unwrap().write(&write, raise),
            Table::DynamoDb(table) => {
                let with: Vec<ExtraWrite> = raise.iter().map(|raise| raise.rendered(&table.table)).collect();
                table.ledger.write(&Write { with: &with, ..write }).await
            }
        }
    }

    /// The event's row.
    pub(crate) async fn read(&self) -> Result<Option<Row>, LedgerError> {
        match self {
            Table::Memory(memory) => Ok(memory.lock().unwrap().row.clone()),
            Table::DynamoDb(table) => table.ledger.read(&key()).await,
        }
    }

    /// What the handlers wrote.
    pub(crate) async fn entity(&self) -> Option<Entity> {
        let table = match self {
            Table::Memory(memory) => return memory.lock().unwrap().entity,
            Table::DynamoDb(table) => table,
        };
        let get = table.client.get_item().table_name(&table.table).consistent_read(true);
        let [(pk, pk_value), (sk, sk_value)] = entity_key();
        let item = get.key(pk, pk_value).key(sk, sk_value).send().await.unwrap().item?;
        let read = |name: &str| item[name].as_n().unwrap().parse().unwrap();
        Some(Entity { version: read("version"), effects: read("effects") })
    }

    /// Leaves the handlers' item as another event might have.
    pub(crate) async fn put_entity(&self, Entity { version, effects }: Entity) {
        let table = match self {
            Table::Memory(memory) => {
                memory.lock().unwrap().entity = Some(Entity { version, effects });
                return;
            }
            Table::DynamoDb(table) => table,
        };
        let numbers = [("version", number(version)), ("effects", number(effects))];
        let item = entity_key().into_iter().chain(numbers).map(|(name, value)| (name.to_owned(), value)).collect();
        table.client.put_item().table_name(&table.table).set_item(Some(item)).send().await.unwrap();
    }

    /// Removes the table from its engine.
    pub(crate) async fn remove(&self) {
        if let Table::DynamoDb(table) = self {
            table.client.delete_table().table_name(&table.table).send().await.unwrap();
        }
    }
}

impl Memory {
    fn write(&mut self, write: &Write<'_>, raise: Option<Raise>) -> Result<(), LedgerError> {
        const DAY_S: u64 = 24 * 60 * 60;
        let Write { attempt, over, window_days, mark, .. } = write;
        if matches!(mark, Mark::Done(Some(result)) if result.len() > ITEM_BYTES_MAX) {
            return Err(LedgerError::Invalid("an item of more than 400 KB".to_owned()));
        }
        if !attempt.clauses(*over).iter().any(|clause| clause.holds(self.row.as_ref())) {
            let no_row = LedgerError::Unavailable("the condition failed and there is no row".to_owned());
            return Err(self.row.clone().map_or(no_row, |row| LedgerError::NotOpen(Box::new(row))));
        }
        if let Some(Raise { version, .. }) = raise {
            let before = self.entity.unwrap_or(Entity { version: 0, effects: 0 });
            if self.entity.is_some() && before.version >= version {
                return Err(LedgerError::HandlerRefused(0));
            }
            self.entity = Some(Entity { version, effects: before.effects + 1 });
        }
        let status = match mark {
            Mark::Claimed => Status::Claimed,
            Mark::Waiting(_) => Status::Waiting,
            Mark::Done(_) | Mark::Superseded => Status::Done,
            Mark::Filtered => Status::Filtered,
            Mark::Dead(..) => Status::Dead,
        };
        self.row = Some(Row {
            status,
            owner: attempt.owner.to_owned(),
            message_id: attempt.message_id.to_owned(),
            body_sha256: attempt.body_sha256.to_owned(),
            attempts: attempt.number,
            lease_until_ms: (status == Status::Claimed).then_some(attempt.lease_until_ms),
            expires_at: Some(attempt.now_ms / 1000 + u64::from(*window_days) * DAY_S),
        });
        Ok(())
    }
}

impl Raise {
    fn rendered(&self, table: &str) -> ExtraWrite {
        let update = Update::builder()
            .table_name(table)
            .set_key(Some(entity_key().map(|(name, value)| (name.to_owned(), value)).into()))
            .update_expression("SET version = :version ADD effects :one")
            .condition_expression("attribute_not_exists(pk) OR version < :version")
            .expression_attribute_values(":version", number(self.version))
            .expression_attribute_values(":one", number(1))
            .build()
            .unwrap();
        ExtraWrite { write: TransactWriteItem::builder().update(update).build(), refused: self.refused }
    }
}

fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn entity_key() -> [(&'static str, AttributeValue); 2] {
    ["pk", "sk"].map(|name| (name, AttributeValue::S("entity".to_owned())))
}
