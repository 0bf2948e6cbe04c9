//! Processes that die, hang, or are left behind.

use crate::support::{Folder, Reply, config, example, kill, post, runs, send, start, until};
use axum::http::Request;
use http_body_util::Full;
use local::Stack;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, UNIX_EPOCH};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// Posts a text to the echo function, to be waited for later.
fn post_later(stack: &Stack, body: &'static str) -> JoinHandle<Reply> {
    let request = Request::post(format!("{}/hooks/x", stack.gateway_url()))
        .header("content-type", "text/plain")
        .body(Full::from(body));
    tokio::spawn(send(request.expect("the request is well formed")))
}

fn now_ms() -> u128 {
    UNIX_EPOCH.elapsed().expect("it is after 1970").as_millis()
}

#[tokio::test]
async fn a_process_killed_in_an_invocation_fails_it_at_once_and_is_started_again() {
    let folder = Folder::new();
    let (config, lines) = config(&folder);
    let stack = start(config).await;
    let killed = stack.process_ids("echo")[0];
    let begun_ms = now_ms();
    let reply = post_later(&stack, "hang");
    lines.wait_for("hanging").await;
    kill(killed);
    assert_eq!(reply.await.unwrap().status, 500);
    // The function's timeout is ten seconds.
    assert!(now_ms() - begun_ms < 5_000);
    assert_eq!(post(&stack, "hello").await.json()["body"], "hello");
    assert_ne!(stack.process_ids("echo")[0], killed);
    lines.wait_for("0 process 1 is started again: it ended (signal: 9 (SIGKILL))").await;
    stack.stop().await;
}

#[tokio::test]
async fn a_process_killed_while_idle_is_started_again() {
    let folder = Folder::new();
    let (config, lines) = config(&folder);
    let stack = start(config).await;
    let killed = stack.process_ids("echo")[0];
    kill(killed);
    lines.wait_for("while it waited for an invocation").await;
    assert_eq!(post(&stack, "hello").await.json()["body"], "hello");
    assert_ne!(stack.process_ids("echo")[0], killed);
    stack.stop().await;
}

#[tokio::test]
async fn a_process_that_exits_in_an_invocation_fails_it() {
    let folder = Folder::new();
    let (config, lines) = config(&folder);
    let stack = start(config).await;
    assert_eq!(post(&stack, "exit").await.status, 500);
    lines.wait_for("it ended (exit status: 3) during an invocation").await;
    assert_eq!(post(&stack, "hello").await.status, 200);
    stack.stop().await;
}

#[tokio::test]
async fn an_invocation_past_its_timeout_is_killed_and_the_process_replaced() {
    let folder = Folder::new();
    let (mut config, lines) = config(&folder);
    config.functions[0].timeout = Duration::from_millis(400);
    let stack = start(config).await;
    let killed = stack.process_ids("echo")[0];
    assert_eq!(post(&stack, "hang").await.status, 500);
    lines.wait_for("it was killed at its timeout of 400ms").await;
    assert!(!runs(killed));
    assert_eq!(post(&stack, "hello").await.status, 200);
    stack.stop().await;
}

#[tokio::test]
async fn an_invocation_past_its_deadline_goes_on_for_as_long_as_its_process_may_overrun() {
    let folder = Folder::new();
    let (mut config, _) = config(&folder);
    config.functions[0].timeout = Duration::from_millis(100);
    config.functions[0].overrun = Duration::from_secs(10);
    let stack = start(config).await;
    let process = stack.process_ids("echo")[0];
    // It takes 300 ms, and the deadline that it is told lies 100 ms after its start.
    assert_eq!(post(&stack, "work").await.body, "worked");
    let told = post(&stack, "context").await.json()["deadline"].as_u64();
    assert!(told.is_some_and(|deadline| u128::from(deadline) < now_ms() + 1_000));
    assert_eq!(stack.process_ids("echo"), [process]);
    stack.stop().await;
}

#[tokio::test]
async fn each_process_takes_one_invocation_and_the_others_wait_in_order() {
    let folder = Folder::new();
    let (mut config, lines) = config(&folder);
    config.functions[0].processes = 2;
    let stack = start(config).await;
    assert_eq!(stack.process_ids("echo").len(), 2);
    let first = [post_later(&stack, "work"), post_later(&stack, "work")];
    until("both to work", || lines.count("working") == 2).await;
    let third = post_later(&stack, "work");
    for reply in first {
        assert_eq!(reply.await.unwrap().status, 200);
    }
    assert_eq!(third.await.unwrap().status, 200);
    let working = lines.all().into_iter().filter(|line| line.ends_with(" working"));
    let mut first_two: Vec<_> = working.take(2).collect();
    first_two.sort();
    assert_eq!(first_two, ["1 working", "2 working"]);
    stack.stop().await;
}

#[tokio::test]
async fn a_stop_lets_an_invocation_end_and_leaves_no_process() {
    let folder = Folder::new();
    let (config, lines) = config(&folder);
    let stack = start(config).await;
    let id = stack.process_ids("echo")[0];
    let reply = post_later(&stack, "work");
    lines.wait_for("working").await;
    stack.stop().await;
    assert_eq!(reply.await.unwrap().body, "worked");
    assert!(!runs(id));
}

#[tokio::test]
async fn a_stop_gives_up_an_invocation_that_hangs() {
    let folder = Folder::new();
    let (config, lines) = config(&folder);
    let stack = start(config).await;
    let id = stack.process_ids("echo")[0];
    let reply = post_later(&stack, "hang");
    lines.wait_for("hanging").await;
    let begun_ms = now_ms();
    stack.stop().await;
    // Five seconds of patience, and then no more.
    assert!(now_ms() - begun_ms < 7_500);
    assert!(!runs(id));
    assert_eq!(reply.await.unwrap().status, 503);
}

#[tokio::test]
async fn a_stop_without_work_is_quick() {
    let folder = Folder::new();
    let (mut config, _) = config(&folder);
    config.functions[0].processes = 2;
    let stack = start(config).await;
    assert_eq!(post(&stack, "hello").await.status, 200);
    let begun_ms = now_ms();
    stack.stop().await;
    assert!(now_ms() - begun_ms < 1_000, "it took {} ms", now_ms() - begun_ms);
}

#[tokio::test]
async fn a_dropped_stack_leaves_no_process() {
    let folder = Folder::new();
    let (config, lines) = config(&folder);
    let stack = start(config).await;
    let id = stack.process_ids("echo")[0];
    // One that hangs does not notice by itself that the stack is gone.
    let request = post_later(&stack, "hang");
    lines.wait_for("hanging").await;
    drop(stack);
    until("the process to end", || !runs(id)).await;
    request.abort();
}

#[tokio::test]
async fn a_function_that_cannot_start_any_more_is_tried_until_it_can() {
    let folder = Folder::new();
    let (mut config, lines) = config(&folder);
    let binary = folder.path().join("function");
    symlink(example("echo_fn"), &binary).unwrap();
    config.functions[0].binary = binary.clone();
    let stack = start(config).await;
    std::fs::remove_file(&binary).unwrap();
    kill(stack.process_ids("echo")[0]);
    until("three starts to fail", || lines.count("function cannot be executed: No such file") == 3).await;
    symlink(example("echo_fn"), &binary).unwrap();
    assert_eq!(post(&stack, "hello").await.status, 200);
    stack.stop().await;
}

#[tokio::test]
async fn a_process_has_a_group_of_its_own_so_that_ctrl_c_does_not_reach_it() {
    let folder = Folder::new();
    let (config, _) = config(&folder);
    let stack = start(config).await;
    let id = stack.process_ids("echo")[0];
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let (_, after_name) = stat.rsplit_once(')').unwrap();
    assert_eq!(after_name.split_whitespace().nth(2), Some(id.to_string().as_str()));
    stack.stop().await;
}

/// A stack in a process of its own, which can be killed.
struct Killable {
    child: Child,
    gateway_url: String,
    function_id: u32,
    log: PathBuf,
}

impl Killable {
    fn start(folder: &Folder) -> Self {
        let log = folder.path().join("log");
        let mut child = Command::new(example("stack"))
            .arg(folder.path().join("state"))
            .arg(example("echo_fn"))
            .stdout(Stdio::piped())
            .stderr(File::create(&log).expect("the folder is writable"))
            .spawn()
            .expect("the example was built");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("the pipe was asked for");
        BufReader::new(stdout).read_line(&mut line).expect("the example prints a line");
        let (url, id) = line.trim().split_once(' ').expect("the line has two parts");
        let id = id.trim_start_matches("Some(").trim_end_matches(')');
        let function_id = id.parse().expect("the function runs");
        Self { child, gateway_url: url.to_owned(), function_id, log }
    }

    fn kill(&mut self) {
        self.child.kill().expect("the stack runs");
        self.child.wait().expect("the stack was a child");
    }
}

#[tokio::test]
async fn an_idle_process_ends_by_itself_when_its_stack_is_killed() {
    let folder = Folder::new();
    let mut stack = Killable::start(&folder);
    assert!(runs(stack.function_id));
    stack.kill();
    until("the process to end", || !runs(stack.function_id)).await;
}

#[tokio::test]
async fn a_hanging_process_of_a_killed_stack_is_ended_at_the_next_start() {
    let folder = Folder::new();
    let (config, _) = config(&folder);
    let mut stack = Killable::start(&folder);
    let mut connection = TcpStream::connect(stack.gateway_url.replace("http://", "")).await.unwrap();
    let request = "POST /x HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\n\
                   content-length: 4\r\n\r\nhang";
    connection.write_all(request.as_bytes()).await.unwrap();
    until("the function to hang", || std::fs::read_to_string(&stack.log).is_ok_and(|log| log.contains("hanging")))
        .await;
    stack.kill();
    assert!(runs(stack.function_id));
    let next = start(config).await;
    until("the leftover to end", || !runs(stack.function_id)).await;
    next.stop().await;
}
