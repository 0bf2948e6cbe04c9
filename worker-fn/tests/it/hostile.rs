//! What no queue should hand over: each record is read on its own, or not at all.

#![allow(unreachable_pub, reason = "the fuzz targets use the properties, too")]

use worker_fn::event::{Record, SqsEvent};

#[path = "../../../webhook/tests/properties/chance.rs"]
mod chance;
mod sqs_event;

#[test]
fn a_record_that_cannot_be_read_hides_no_other() {
    chance::check("sqs-event", 5_000, sqs_event::holds);
}
