//! Serves the tables alone: `cargo run -p local --example dynamodb -- PORT`, until Ctrl-C.

use local::{Ports, Stack, StackConfig};
use std::error::Error;
use std::sync::Arc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = std::env::args().nth(1).ok_or("usage: dynamodb PORT")?.parse()?;
    let state_dir = std::env::temp_dir().join(format!("local-dynamodb-{}", std::process::id()));
    let stack = Stack::start(StackConfig {
        state_dir: state_dir.clone(),
        ports: Ports { dynamodb: port, ..Ports::default() },
        queues: Vec::new(),
        tables: Vec::new(),
        parameters: Vec::new(),
        buckets: Vec::new(),
        functions: Vec::new(),
        routes: Vec::new(),
        mappings: Vec::new(),
        log: Arc::new(|_| {}),
        interference: None,
    })
    .await?;
    eprintln!("serving {}", stack.dynamodb_url());
    tokio::signal::ctrl_c().await?;
    stack.stop().await;
    std::fs::remove_dir_all(state_dir)?;
    Ok(())
}
