//! AWS on loopback, for development: queues, tables, parameters, objects, event buses, functions and a gateway in one
//! process.
//!
//! The life of a request: the gateway turns it into an API Gateway event and invokes a function; the
//! function's supervisor hands the event to a real process through the Lambda Runtime API, and the
//! response becomes the HTTP reply. What the function sent to SQS, with the real SDK against our endpoint,
//! waits in a queue until a mapping polls it, invokes another function with a batch, and deletes what that
//! one has handled. Tables are kept by dynoxide. The functions do not know that they are local.
//!
//! Nothing here knows what the functions do. Read the modules in this order:

mod config;
mod error;
mod stack;

pub mod eventbridge;
mod gateway;
mod mapping;
pub mod s3;
pub mod sqs;
pub mod ssm;

mod function;
mod invocation;
mod process;
mod runtime_api;
mod supervisor;

mod dynamodb;
mod queues;

mod interference;
mod receiver;

mod check;
mod clock;
mod connections;
mod endpoints;
mod environment;
mod leftovers;
mod logs;
mod stage;
mod state_dir;

pub use config::{DeadLetter, FunctionSpec, MappingSpec, Ports, QueueSpec, RouteSpec, StackConfig, TableSpec};
pub use error::StartError;
pub use eventbridge::BusEvent;
pub use interference::{Call, CallFate, Interference, Service};
pub use logs::{LogLine, LogSink};
pub use receiver::{Received, Receiver, Reply};
pub use stack::Stack;

/// The region in which everything here pretends to be.
pub const REGION: &str = "us-east-1";
/// The account that everything here pretends to belong to.
pub const ACCOUNT_ID: &str = "000000000000";

/// The ARN of a resource of this stack.
fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT_ID}:{resource}")
}
