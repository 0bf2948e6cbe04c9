//! The queues as code in this process has them: what a restart finds, how files are refused, how long polls wake.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use local::sqs::{Counts, Sqs};
use tokio::time::timeout;

/// A directory of one test, removed at its end.
struct Directory(PathBuf);

impl Directory {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("local-sqs-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

const ZERO: Duration = Duration::ZERO;
/// Longer than any test may take: a poll that ends by it has missed its wake-up.
const LONG: Duration = Duration::from_secs(20);

fn attributes(given: &[(&str, &str)]) -> BTreeMap<String, String> {
    given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn queue(sqs: &Sqs, name: &str, given: &[(&str, &str)]) {
    sqs.create_queue(name, &attributes(given)).unwrap();
}

async fn bodies(sqs: &Sqs, queue: &str, wait: Duration) -> Vec<String> {
    let received = timeout(LONG / 2, sqs.receive(queue, 10, wait)).await.expect("a poll that wakes").unwrap();
    received.into_iter().map(|message| message.body).collect()
}

/// Copies the files of a store in use: what the operating system keeps when the process is killed.
fn as_a_kill_leaves_it(file: &Path, copy: &Path) {
    for suffix in ["", "-wal"] {
        let with_suffix = |path: &Path| PathBuf::from(format!("{}{suffix}", path.display()));
        std::fs::copy(with_suffix(file), with_suffix(copy)).unwrap();
    }
}

#[tokio::test]
async fn messages_counts_deadlines_and_queues_survive_a_kill() {
    let directory = Directory::new("kill");
    let sqs = Sqs::open(&directory.file("before.db")).unwrap();
    queue(&sqs, "dead", &[]);
    let policy = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":2}"#;
    queue(&sqs, "q", &[("VisibilityTimeout", "600"), ("RedrivePolicy", policy)]);
    let id = sqs.send("q", "first").unwrap();
    let first = sqs.receive("q", 1, ZERO).await.unwrap().remove(0);
    sqs.change_visibility("q", &first.receipt_handle, ZERO).unwrap();
    let second = sqs.receive("q", 1, ZERO).await.unwrap().remove(0);
    sqs.send("q", "waiting").unwrap();

    as_a_kill_leaves_it(&directory.file("before.db"), &directory.file("after.db"));
    let sqs = Sqs::open(&directory.file("after.db")).unwrap();
    assert_eq!(sqs.counts("q").unwrap(), Counts { visible: 1, in_flight: 1, delayed: 0 });
    assert_eq!(bodies(&sqs, "q", ZERO).await, ["waiting"]);
    // The handle of before is still good, and the third receive still the one too many.
    sqs.change_visibility("q", &second.receipt_handle, ZERO).unwrap();
    assert_eq!(bodies(&sqs, "q", ZERO).await, [""; 0]);
    let letter = sqs.receive("dead", 1, ZERO).await.unwrap().remove(0);
    assert_eq!((letter.message_id, letter.attributes["ApproximateReceiveCount"].as_str()), (id, "3"));
}

#[test]
fn a_changed_configuration_of_a_queue_that_exists_replaces_the_old_one() {
    let directory = Directory::new("changed");
    let sqs = Sqs::open(&directory.file("q.db")).unwrap();
    queue(&sqs, "q", &[("VisibilityTimeout", "0")]);
    sqs.send("q", "kept").unwrap();
    drop(sqs);
    let sqs = Sqs::open(&directory.file("q.db")).unwrap();
    queue(&sqs, "q", &[("DelaySeconds", "5")]);
    sqs.send("q", "delayed").unwrap();
    assert_eq!(sqs.counts("q").unwrap(), Counts { visible: 1, in_flight: 0, delayed: 1 });
}

/// What the refusal of a file says; it always names the file, and what can be done.
#[track_caller]
fn check_refused(file: &Path, wrong: &str) {
    let error = Sqs::open(file).map(drop).expect_err("the file is unusable").to_string();
    assert!(error.contains(&file.display().to_string()), "{error}");
    assert!(error.contains(wrong), "{error}");
    assert!(error.contains("name another file") || error.contains("must exist"), "{error}");
}

#[test]
fn a_file_that_is_not_ours_is_refused_and_left_alone() {
    let directory = Directory::new("foreign");
    let text = directory.file("text");
    std::fs::write(&text, "not a database, although long enough to be one: ".repeat(100)).unwrap();
    check_refused(&text, "it is not an SQLite database");
    assert!(std::fs::read_to_string(&text).unwrap().starts_with("not a database"));

    let foreign = directory.file("foreign.db");
    rusqlite::Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE theirs (id INTEGER)").unwrap();
    let before = std::fs::read(&foreign).unwrap();
    check_refused(&foreign, "the database of another program");
    assert!(std::fs::read(&foreign).unwrap() == before, "a foreign file must not be written to");

    check_refused(&directory.0, "cannot be opened");
    check_refused(&directory.file("missing/q.db"), "its directory must exist");
}

#[test]
fn a_file_of_another_version_is_refused() {
    let directory = Directory::new("version");
    let file = directory.file("q.db");
    drop(Sqs::open(&file).unwrap());
    rusqlite::Connection::open(&file).unwrap().pragma_update(None, "user_version", 7).unwrap();
    check_refused(&file, "its version is 7, and this program reads version 1");
}

#[test]
fn a_damaged_file_is_refused_at_the_start() {
    let directory = Directory::new("damaged");
    let file = directory.file("q.db");
    let sqs = Sqs::open(&file).unwrap();
    queue(&sqs, "q", &[]);
    (0..200).for_each(|n| drop(sqs.send("q", &format!("{n} {}", "x".repeat(500))).unwrap()));
    drop(sqs);
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2 / 4_096 * 4_096;
    bytes[middle..middle + 4_096].fill(0x5a);
    std::fs::write(&file, &bytes).unwrap();
    check_refused(&file, "it is damaged");
    std::fs::write(&file, &bytes[..6_000]).unwrap();
    check_refused(&file, "it is damaged");
}

#[test]
fn a_file_serves_one_owner_at_a_time() {
    let directory = Directory::new("owner");
    let file = directory.file("q.db");
    let owner = Sqs::open(&file).unwrap();
    check_refused(&file, "in use by another process");
    drop(owner);
    Sqs::open(&file).unwrap();
}

#[tokio::test]
async fn a_long_poll_wakes_at_once_when_a_message_is_sent() {
    let sqs = Arc::new(Sqs::in_memory().unwrap());
    queue(&sqs, "q", &[]);
    let poll = tokio::spawn({
        let sqs = Arc::clone(&sqs);
        async move { bodies(&sqs, "q", LONG).await }
    });
    // Both tasks share one thread: after the yield the poll waits.
    tokio::task::yield_now().await;
    sqs.send("q", "a").unwrap();
    assert_eq!(poll.await.unwrap(), ["a"]);
}

#[tokio::test]
async fn every_poll_gets_one_of_the_messages_that_are_sent_together() {
    let sqs = Arc::new(Sqs::in_memory().unwrap());
    queue(&sqs, "q", &[]);
    let polls: Vec<_> = (0..4)
        .map(|_| {
            let sqs = Arc::clone(&sqs);
            tokio::spawn(async move { timeout(LONG / 2, sqs.receive("q", 1, LONG)).await.expect("a wake-up").unwrap() })
        })
        .collect();
    tokio::task::yield_now().await;
    (0..4).for_each(|n| drop(sqs.send("q", &n.to_string()).unwrap()));
    let mut received = Vec::new();
    for poll in polls {
        received.extend(poll.await.unwrap().into_iter().map(|message| message.body));
    }
    received.sort();
    assert_eq!(received, ["0", "1", "2", "3"]);
}

/// A poll that found the queue empty before another consumer took and lost a message must wake at its deadline.
#[tokio::test]
async fn a_long_poll_wakes_when_a_visibility_timeout_ends_that_began_after_it() {
    let sqs = Arc::new(Sqs::in_memory().unwrap());
    queue(&sqs, "q", &[("VisibilityTimeout", "1")]);
    let polls: Vec<_> = (0..2)
        .map(|_| {
            let sqs = Arc::clone(&sqs);
            tokio::spawn(async move { bodies(&sqs, "q", LONG).await })
        })
        .collect();
    tokio::task::yield_now().await;
    // One poll gets the message and never deletes it; the other has it a second later.
    sqs.send("q", "a").unwrap();
    for poll in polls {
        assert_eq!(poll.await.unwrap(), ["a"]);
    }
}

#[tokio::test]
async fn a_long_poll_hears_of_a_visibility_timeout_that_is_made_shorter() {
    let sqs = Arc::new(Sqs::in_memory().unwrap());
    queue(&sqs, "q", &[("VisibilityTimeout", "600")]);
    sqs.send("q", "a").unwrap();
    let message = sqs.receive("q", 1, ZERO).await.unwrap().remove(0);
    let poll = tokio::spawn({
        let sqs = Arc::clone(&sqs);
        async move { bodies(&sqs, "q", LONG).await }
    });
    tokio::task::yield_now().await;
    sqs.change_visibility("q", &message.receipt_handle, Duration::from_millis(30)).unwrap();
    assert_eq!(poll.await.unwrap(), ["a"]);
}

#[tokio::test]
async fn a_poll_that_is_dropped_loses_no_message() {
    let sqs = Sqs::in_memory().unwrap();
    queue(&sqs, "q", &[]);
    drop(timeout(Duration::from_millis(10), sqs.receive("q", 1, LONG)).await);
    sqs.send("q", "a").unwrap();
    assert_eq!(bodies(&sqs, "q", LONG).await, ["a"]);
}

#[tokio::test]
async fn a_short_poll_and_an_ended_long_poll_are_empty() {
    let sqs = Sqs::in_memory().unwrap();
    queue(&sqs, "q", &[]);
    assert_eq!(bodies(&sqs, "q", ZERO).await, [""; 0]);
    assert_eq!(bodies(&sqs, "q", Duration::from_millis(20)).await, [""; 0]);
}
