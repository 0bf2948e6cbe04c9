//! Whole stacks with real processes, seen from outside.

mod gateway;
mod processes;
mod queues;
mod start;
mod support;
