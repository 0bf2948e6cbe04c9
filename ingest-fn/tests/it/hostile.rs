//! What nobody should send: the door says so to each, and lets nothing of it in.

#![allow(unreachable_pub, reason = "the fuzz targets use the properties, too")]

use ingest_fn::gateway::Event;
use tokio::runtime::Builder;
use webhook::envelope::Envelope;

use crate::world::World;

#[path = "../../../webhook/tests/properties/chance.rs"]
mod chance;
mod gateway;

#[test]
fn an_event_is_read_as_it_stands_or_not_at_all() {
    chance::check("gateway", 5_000, gateway::holds);
}

#[test]
fn every_event_has_an_answer_and_only_what_is_let_in_is_queued() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let world = runtime.block_on(World::start());
    chance::check("gateway", 400, |input| {
        let answer = runtime.block_on(world.door.answer(&String::from_utf8_lossy(input)));
        let status = answer.status_code;
        assert!(matches!(status, 200..=204 | 400 | 401 | 403 | 404 | 405 | 413), "{answer:?}");
        if let Some(message) = runtime.block_on(world.received()) {
            assert!(matches!(status, 200..=204), "{status}, and yet it is queued");
            let envelope = Envelope::open(&message).expect("what is queued is an envelope");
            assert!(envelope.raw_body().is_ok());
        }
    });
}
