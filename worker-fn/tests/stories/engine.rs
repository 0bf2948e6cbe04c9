//! The engines that stories run on: the rules alone, dynoxide, and whichever one `TIDEGATE_ENGINE_URL` names.

use std::future::pending;
use std::sync::Mutex;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TableStatus,
};
use dynoxide::Database;
use shell::Settings;
use shell::aws::Patience;
use tokio::net::TcpListener;
use worker_fn::ledger::Ledger;

use crate::table::{DynamoDb, Memory, Table};

/// 64 workers at once may keep an engine that is written for tests busy for a while.
const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(10),
    attempt: Duration::from_secs(30),
    operation: Duration::from_secs(60),
    attempts: 3,
};

/// What evaluates the conditions.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Engine {
    /// The rules themselves.
    Rules,
    /// The engine at `TIDEGATE_ENGINE_URL`; dynoxide, in this process, where there is none.
    DynamoDb,
}

impl Engine {
    /// A table that nobody else writes to.
    pub(crate) async fn table(self) -> Table {
        match self {
            Engine::Rules => Table::Memory(Mutex::new(Memory::default())),
            Engine::DynamoDb => {
                let url = match elsewhere() {
                    Some(url) => url,
                    None => dynoxide().await,
                };
                Table::DynamoDb(create(&url).await)
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a test is told by its environment which engine it runs on")]
fn elsewhere() -> Option<String> {
    std::env::var("TIDEGATE_ENGINE_URL").ok().filter(|url| !url.is_empty())
}

/// Serves an empty database on loopback for as long as the runtime lives.
async fn dynoxide() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_with_shutdown(listener, Database::memory().unwrap(), pending()));
    url
}

/// Creates the table as `template.yaml` has it, under a name of its own.
async fn create(url: &str) -> DynamoDb {
    println!("engine: {url}");
    let client = client(url);
    let table = format!("stories-{:016x}", fastrand::u64(..));
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let attribute = |name: &str| {
        let text = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
        text.build().unwrap()
    };
    let create = client.create_table().table_name(&table).billing_mode(BillingMode::PayPerRequest);
    let create = create.key_schema(key("pk", KeyType::Hash)).key_schema(key("sk", KeyType::Range));
    create.attribute_definitions(attribute("pk")).attribute_definitions(attribute("sk")).send().await.unwrap();
    while status(&client, &table).await != Some(TableStatus::Active) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    DynamoDb { ledger: Ledger::new(client.clone(), table.clone()), client, table }
}

async fn status(client: &Client, table: &str) -> Option<TableStatus> {
    client.describe_table().table_name(table).send().await.unwrap().table?.table_status
}

fn client(url: &str) -> Client {
    let lookup = |name: &str| match name {
        "AWS_REGION" => Some("us-east-1".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("test".to_owned()),
        "AWS_ENDPOINT_URL_DYNAMODB" => Some(url.to_owned()),
        _ => None,
    };
    let settings = Settings::new(&lookup);
    let client = Client::new(&shell::aws::config(&settings, "DYNAMODB", PATIENCE));
    settings.finish().unwrap();
    client
}
