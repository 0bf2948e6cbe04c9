//! DynamoDB: dynoxide's engine and HTTP server on a thread of their own, because SQLite blocks.

use crate::config::TableSpec;
use crate::endpoints::adopt;
use crate::error::StartError;
use crate::stage::Shutdown;
use dynoxide::Database;
use dynoxide::actions::update_time_to_live::{TimeToLiveSpecification, UpdateTimeToLiveRequest};
use dynoxide::errors::DynoxideError;
use serde_json::json;
use std::net::TcpListener;
use std::path::Path;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// How often expired items are removed. DynamoDB itself takes days; a developer wants to see it happen.
const SWEEP_INTERVAL: Duration = Duration::from_secs(10);
/// How long a request may still run once the server stops; a half-sent one would run for ever.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// Opens the database and creates the tables that are not there yet.
pub(crate) fn open(file: &Path, tables: &[TableSpec]) -> Result<Database, StartError> {
    let database = file.to_str().ok_or_else(|| "the path is not UTF-8".to_owned());
    let database = database.and_then(|path| Database::new(path).map_err(|error| error.to_string()));
    let database = database.map_err(|reason| StartError::State { path: file.to_owned(), reason })?;
    for table in tables {
        create(&database, table)
            .map_err(|error| StartError::Table { name: table.name.clone(), reason: error.to_string() })?;
    }
    Ok(database)
}

fn create(database: &Database, table: &TableSpec) -> Result<(), DynoxideError> {
    let request = json!({
        "TableName": table.name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [
            { "AttributeName": "pk", "KeyType": "HASH" },
            { "AttributeName": "sk", "KeyType": "RANGE" },
        ],
        "AttributeDefinitions": [
            { "AttributeName": "pk", "AttributeType": "S" },
            { "AttributeName": "sk", "AttributeType": "S" },
        ],
    });
    let request =
        serde_json::from_value(request).map_err(|error| DynoxideError::ValidationException(error.to_string()))?;
    match database.create_table(request) {
        Ok(_) | Err(DynoxideError::ResourceInUseException(_)) => {}
        Err(error) => return Err(error),
    }
    database.update_time_to_live(UpdateTimeToLiveRequest {
        table_name: table.name.clone(),
        time_to_live_specification: TimeToLiveSpecification {
            attribute_name: table.ttl_attribute.clone(),
            enabled: true,
        },
    })?;
    Ok(())
}

/// Serves a database on its own thread; the thread ends soon after the signal, and closes the file.
pub(crate) fn serve(
    database: Database,
    listener: TcpListener,
    shutdown: Shutdown,
) -> Result<JoinHandle<()>, StartError> {
    let failed = |source| StartError::Listen { endpoint: "dynamodb", port: 0, source };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let listener = {
        let _entered = runtime.enter();
        adopt("dynamodb", listener)?
    };
    let thread = Builder::new().name("dynamodb".into());
    thread.spawn(move || runtime.block_on(serve_until(shutdown, listener, database))).map_err(failed)
}

async fn serve_until(shutdown: Shutdown, listener: tokio::net::TcpListener, database: Database) {
    let stopped = async {
        shutdown.clone().requested().await;
        tokio::time::sleep(STOP_GRACE).await;
    };
    let serve = dynoxide::server::serve_with_shutdown(listener, database.clone(), shutdown.clone().requested());
    tokio::select! {
        // It ends with an error only when its listener breaks, and then the clients say so.
        _ = serve => {}
        () = sweep(&database) => {}
        () = stopped => {}
    }
}

/// Removes expired items from time to time.
async fn sweep(database: &Database) {
    let mut ticks = tokio::time::interval(SWEEP_INTERVAL);
    loop {
        ticks.tick().await;
        // A sweep that fails is tried again at the next tick; the requests tell of a broken database.
        let _ = database.sweep_ttl();
    }
}
