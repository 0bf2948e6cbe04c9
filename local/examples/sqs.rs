//! The local queues alone: `cargo run -p local --example sqs -- PORT [FILE]`; without a file they are in memory.

use std::path::PathBuf;
use std::sync::Arc;

use local::sqs::Sqs;
use tokio::net::TcpListener;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().ok_or("usage: sqs PORT [FILE]")?.parse()?;
    let file = arguments.next().map(PathBuf::from);
    let sqs = Arc::new(file.map_or_else(Sqs::in_memory, |file| Sqs::open(&file))?);
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let interrupted = async {
            // Without signals the server runs until it is killed, which the queues survive.
            drop(tokio::signal::ctrl_c().await);
        };
        sqs.serve(listener, interrupted).await?;
        Ok(())
    })
}
