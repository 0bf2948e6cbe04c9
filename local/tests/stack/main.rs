//! Whole stacks with real processes, seen from outside.

mod gateway;
mod interference;
mod parameters;
mod processes;
mod queues;
mod receiver;
mod start;
mod support;
