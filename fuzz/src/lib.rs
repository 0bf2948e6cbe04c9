//! The properties of the short run, for the fuzzer: the very same files, so that neither can fall behind.

#[path = "../../webhook/tests/properties/envelopes.rs"]
pub mod envelopes;
#[path = "../../webhook/tests/properties/explained.rs"]
pub mod explained;
#[path = "../../webhook/tests/properties/handshakes.rs"]
pub mod handshakes;
#[path = "../../webhook/tests/properties/places.rs"]
pub mod places;
#[path = "../../webhook/tests/properties/posted.rs"]
mod posted;
#[path = "../../webhook/tests/properties/redacted.rs"]
pub mod redacted;
#[path = "../../webhook/tests/properties/sample.rs"]
mod sample;
#[path = "../../webhook/tests/properties/secrets.rs"]
pub mod secrets;
#[path = "../../webhook/tests/properties/signed.rs"]
pub mod signed;
#[path = "../../webhook/tests/properties/sources.rs"]
pub mod sources;
#[path = "../../webhook/tests/properties/templates.rs"]
pub mod templates;
#[path = "../../webhook/tests/properties/unsigned.rs"]
pub mod unsigned;

// The functions' own readers, without the AWS SDK that their crates bring.
#[path = "../../ingest-fn/tests/it/hostile/gateway.rs"]
pub mod gateway;
#[allow(dead_code, reason = "its replies are not read")]
#[path = "../../ingest-fn/src/gateway.rs"]
mod ingest_fn_gateway;
#[path = "../../worker-fn/tests/it/hostile/sqs_event.rs"]
pub mod sqs_event;
#[allow(dead_code, reason = "its replies are not read")]
#[path = "../../worker-fn/src/event.rs"]
mod worker_fn_event;

use ingest_fn_gateway::Event;
use worker_fn_event::{Record, SqsEvent};
