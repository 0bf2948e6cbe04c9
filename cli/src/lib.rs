//! The `tidegate` command: try the bundle on this machine, send it signed deliveries, see what became of them.
//!
//! [`bundle`] says what our stack is made of, [`functions`] how its two functions are started, [`stack`] starts it.
//! [`sample`] and [`delivery`] make signed deliveries as providers send them, [`post`] sends them and
//! [`account`] reads from the table and the queues what became of them. Each command has a file of its own.

pub mod account;
pub mod bundle;
pub mod contract;
pub mod cost;
pub mod dead;
pub mod delivery;
pub mod demo;
pub mod error;
pub mod events;
pub mod explain;
pub mod functions;
mod keys;
pub mod map;
pub mod post;
pub mod providers;
pub mod replay;
pub mod sample;
pub mod send;
pub mod split;
pub mod stack;
pub mod storm;
pub mod table;
pub mod up;

pub use error::CliError;
