//! Lambda 1, the door: API Gateway -> verify -> SQS.
//!
//! A delivery is answered 2xx only once SQS has it. Nothing is parsed before it is verified, nothing is
//! deduplicated here, because a duplicate whose original is not durable must never be acknowledged away.
//!
//! [`gateway`] reads API Gateway's event and writes its reply, [`door`] decides by the live [`secrets`], which may come
//! from SSM ([`parameters`]), and by [`documents`] that a request names, [`queue`] makes it durable, [`report`] tells the log. `main.rs` only wires.

pub mod documents;
pub mod door;
pub mod gateway;
mod packing;
pub mod parameters;
pub mod queue;
pub mod report;
pub mod secrets;

/// The sources of `sources.toml`, as the build embedded them.
pub const SOURCES: &str = include_str!(concat!(env!("OUT_DIR"), "/sources.json"));
