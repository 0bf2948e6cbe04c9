//! Lambda 1, the door: API Gateway -> verify -> SQS.
//!
//! A delivery is answered 2xx only once SQS has it. Nothing is parsed before it is verified, nothing is
//! deduplicated here, because a duplicate whose original is not durable must never be acknowledged away.
//!
//! [`gateway`] reads API Gateway's event and writes its reply, [`door`] decides by the live [`secrets`], which may come
//! from SSM ([`parameters`]), and by [`documents`] that a request names, [`queue`] makes it durable, with [`bodies`] for those that no message has room for, [`report`] tells the log. [`lambda`] wires them.

pub mod bodies;
pub mod documents;
pub mod door;
pub mod gateway;
pub mod lambda;
mod packing;
pub mod parameters;
pub mod queue;
pub mod rates;
pub mod report;
pub mod secrets;

/// The sources of `sources.toml`, as the build embedded them.
pub const SOURCES: &str = include_str!(concat!(env!("OUT_DIR"), "/sources.json"));
