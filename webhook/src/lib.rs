//! The rules of Tidegate, and nothing else: no IO, no clock, no environment, no AWS, no async.
//!
//! The life of a delivery, in the order in which the modules take part:
//!
//! 1. A [`Request`] holds the raw bytes that a provider posted, its headers and the public URL.
//! 2. A [`provider`] is a row of data: a [`Scheme`] says how its requests are signed, [`Field`]s say
//!    where the event's id and type lie. [`sources`] says which of them post here, with which [`secret`]s.
//! 3. [`verify()`] turns a request into a [`Verified`] delivery, the only way to get one, or into a
//!    [`Rejection`] that says precisely why not. [`answer`] says what the internet is told, and [`handshake`] what
//!    a provider that asks whether we are there. [`diagnose`] tries what may explain a rejection,
//!    and a [`rate`] says how many of a source are let in.
//! 4. [`identity`] decides which deliveries are the same event, [`redact`] what of them is not kept; the [`envelope`]
//!    carries them through the queue.
//! 5. [`contracts`] say what its payload must be, and a [`destination`] is where it takes effect, an
//!    [`entity`] what it is about where events have an order. The [`ledger`] decides, from what a table says, whether that may be;
//!    [`letter`] names the reasons an event ends in the dead-letter queue, [`protocol`] says what a worker does
//!    next with a message, [`backoff`] when to try again, [`kept`] what stays of it for a replay. What is posted on is
//!    signed ([`outgoing`]), and to a [`public_address`] only.

pub mod answer;
pub mod backoff;
pub mod batch;
pub mod confirmation;
pub mod contracts;
pub mod destination;
pub mod diagnose;
pub mod document;
pub mod entity;
pub mod envelope;
pub mod field;
pub mod handshake;
mod header_list;
pub mod identity;
pub mod jwt;
pub mod kept;
mod key_prefix;
mod key_words;
pub mod ledger;
pub mod letter;
mod mac;
mod multipart;
pub mod outgoing;
pub mod payload;
pub mod protocol;
pub mod provider;
pub mod public_address;
mod public_key;
mod query_hash;
pub mod rate;
pub mod redact;
mod rejection;
pub mod request;
pub mod scheme;
pub mod seal;
pub mod secret;
pub mod separator;
pub mod sign;
pub mod sources;
pub mod template;
mod urls;
pub mod verify;
pub mod version;
mod wrapping;

pub use field::Field;
pub use request::Request;
pub use scheme::Scheme;
pub use verify::{Rejection, Verified, verify, verify_with};
