//! A story of a FIFO queue told by chance, and checked by a model.

use std::collections::BTreeMap;

use super::Story;
use crate::sqs::message::Message;

/// A FIFO queue as plainly as it can be said: a list in the order of arrival.
#[derive(Default)]
struct Model(Vec<Known>);

struct Known {
    group: &'static str,
    body: String,
    /// While this lies in the future, the message is in flight.
    visible_ms: i64,
}

impl Model {
    /// The next message of every group that has none in flight, by group.
    fn heads(&self, now_ms: i64) -> BTreeMap<&str, &str> {
        let mut heads = BTreeMap::new();
        for Known { group, body, .. } in &self.0 {
            if !self.0.iter().any(|known| known.group == *group && known.visible_ms > now_ms) {
                heads.entry(*group).or_insert(body.as_str());
            }
        }
        heads
    }

    fn hide(&mut self, body: &str, visible_ms: i64) {
        self.0.iter_mut().find(|known| known.body == body).unwrap().visible_ms = visible_ms;
    }
}

#[test]
fn by_chance_a_fifo_queue_does_what_the_model_does() {
    let mut story = Story::new("q.fifo", &[("VisibilityTimeout", "3")]);
    let mut model = Model::default();
    let mut received: Vec<Message> = Vec::new();
    // A linear congruential generator (Knuth's MMIX) makes the story the same in every run.
    let mut seed: u64 = 42;
    let mut dice = |sides: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % sides
    };
    let mut heard = 0;
    for turn in 0..6_000 {
        match dice(7) {
            0 => {
                let group = ["a", "b", "c"][dice(3) as usize];
                story.say_to(group, &turn.to_string());
                model.0.push(Known { group, body: turn.to_string(), visible_ms: 0 });
            }
            1 | 2 => {
                let heads = model.heads(story.now_ms);
                let message = story.receive(1).pop();
                match &message {
                    None => assert!(heads.is_empty(), "turn {turn}: {heads:?} could have been received"),
                    Some(message) => {
                        let head = heads.get(message.attributes["MessageGroupId"].as_str());
                        assert_eq!(head, Some(&message.body.as_str()), "turn {turn}");
                        model.hide(&message.body, story.now_ms + 3_000);
                        heard += 1;
                    }
                }
                received.extend(message);
            }
            3 | 4 if !received.is_empty() => {
                let message = received.swap_remove(dice(received.len() as u64) as usize);
                let receives =
                    |message: &Message| message.attributes["ApproximateReceiveCount"].parse::<u32>().unwrap();
                let is_newer = |other: &Message| other.body == message.body && receives(other) > receives(&message);
                let latest = !received.iter().any(is_newer);
                story.delete(&message);
                // Older handles of the message are in the list as well: only the newest deletes.
                if latest {
                    model.0.retain(|known| known.body != message.body);
                    received.retain(|other| other.body != message.body);
                }
            }
            5 if !received.is_empty() => {
                let message = received[dice(received.len() as u64) as usize].clone();
                let timeout_ms = dice(4) as i64 * 1_000;
                if story.hide(&message, timeout_ms).is_ok() {
                    model.hide(&message.body, story.now_ms + timeout_ms);
                }
            }
            _ => drop(story.wait(dice(2_000) as i64)),
        }
    }
    assert!(heard > 500, "the story was too quiet to prove anything: {heard}");
}
