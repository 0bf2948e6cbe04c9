//! One function behind the gateway, until killed: `stack STATE_DIR BINARY`. It prints the gateway's URL and
//! the function's process id. The tests kill it to see what stays behind.

use local::{FunctionSpec, Ports, RouteSpec, Stack, StackConfig};
use std::error::Error;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(state_dir), Some(binary)) = (arguments.next(), arguments.next()) else {
        return Err("usage: stack STATE_DIR BINARY".into());
    };
    let function = FunctionSpec {
        name: "echo".into(),
        binary: binary.into(),
        arguments: Vec::new(),
        env: Vec::new(),
        processes: 1,
        timeout: Duration::from_secs(60),
        overrun: Duration::ZERO,
    };
    let stack = Stack::start(StackConfig {
        state_dir: state_dir.into(),
        ports: Ports::default(),
        queues: Vec::new(),
        tables: Vec::new(),
        parameters: Vec::new(),
        buckets: Vec::new(),
        functions: vec![function],
        routes: vec![RouteSpec { path: "/{any}".into(), function: "echo".into() }],
        mappings: Vec::new(),
        log: Arc::new(|line| eprintln!("{} {}: {}", line.function, line.process, line.text)),
        interference: None,
    })
    .await?;
    let ids = stack.process_ids("echo");
    writeln!(std::io::stdout(), "{} {:?}", stack.gateway_url(), ids.first())?;
    tokio::signal::ctrl_c().await?;
    stack.stop().await;
    Ok(())
}
