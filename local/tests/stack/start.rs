//! What keeps a stack from starting, and what it says then.

use crate::support::{Folder, config, start};
use local::{DeadLetter, MappingSpec, QueueSpec, RouteSpec, Stack, StackConfig, TableSpec};
use std::net::TcpListener;
use std::time::Duration;

/// The message of a start that must fail, with the test's folder as DIR.
async fn refusal(folder: &Folder, config: StackConfig) -> String {
    match Stack::start(config).await {
        Ok(_) => panic!("the stack started"),
        Err(error) => error.to_string().replace(&folder.path().display().to_string(), "DIR"),
    }
}

#[tokio::test]
async fn a_taken_port_is_named_with_a_way_out() {
    let folder = Folder::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let (mut config, _) = config(&folder);
    config.ports.sqs = port;
    let expected = format!(
        "port {port} for the sqs endpoint is taken on 127.0.0.1; stop the program that holds it, \
         or choose another sqs port (0 takes any free one)"
    );
    assert_eq!(refusal(&folder, config).await, expected);
}

#[tokio::test]
async fn a_missing_binary_is_named() {
    let folder = Folder::new();
    for binary in ["nowhere", ""] {
        let (mut config, _) = config(&folder);
        config.functions[0].binary = folder.path().join(binary);
        let expected =
            format!("the function `echo` has no executable file at DIR/{binary}; build it first, or correct its path");
        assert_eq!(refusal(&folder, config).await, expected);
    }
}

#[tokio::test]
async fn a_function_that_fails_at_its_start_is_quoted() {
    let folder = Folder::new();
    let (mut config, _) = config(&folder);
    config.functions[0].env = vec![("ECHO".into(), "fail at start".into())];
    let refusal = refusal(&folder, config).await;
    let beginning = "the function `echo` did not start: it ended (exit status: 1) without asking for an \
                     invocation; its last lines were:\n  the echo function was told to fail\n";
    assert!(refusal.starts_with(beginning), "{refusal}");
}

#[tokio::test]
async fn a_folder_in_use_is_refused_until_its_stack_stops() {
    let folder = Folder::new();
    let (config, _) = config(&folder);
    let stack = start(config.clone()).await;
    assert_eq!(
        refusal(&folder, config.clone()).await,
        "the state folder DIR/state is in use by another stack; stop that one, or choose another folder"
    );
    stack.stop().await;
    start(config).await.stop().await;
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named() {
    for file in ["sqs.db", "dynamodb.db"] {
        let folder = Folder::new();
        let (config, _) = config(&folder);
        std::fs::create_dir_all(&config.state_dir).unwrap();
        std::fs::write(config.state_dir.join(file), "these are not the bytes of a database").unwrap();
        let refusal = refusal(&folder, config).await;
        let beginning = format!("cannot use the state at DIR/state/{file}: ");
        assert!(refusal.starts_with(&beginning), "{refusal}");
        assert!(refusal.contains("move it away"), "{refusal}");
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = Folder::new();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let (mut config, _) = config(&folder);
    config.state_dir = folder.path().join("file/state");
    let refusal = refusal(&folder, config).await;
    assert!(refusal.starts_with("cannot use the state at DIR/file/state: "), "{refusal}");
}

#[tokio::test]
async fn names_that_refer_to_nothing_are_named() {
    let folder = Folder::new();
    let queue = QueueSpec {
        name: "hooks".into(),
        visibility_timeout_s: 30,
        dead_letter: Some(DeadLetter { queue: "dead".into(), receives_max: 3 }),
    };
    let (mut broken, _) = config(&folder);
    broken.queues = vec![queue.clone()];
    assert_eq!(
        refusal(&folder, broken).await,
        "the dead letter of the queue `hooks` refers to the queue `dead`, which is not configured; \
         the queues are: hooks"
    );
    let (mut broken, _) = config(&folder);
    broken.routes = vec![RouteSpec { path: "/x".into(), function: "eccho".into() }];
    assert_eq!(
        refusal(&folder, broken).await,
        "the route `/x` refers to the function `eccho`, which is not configured; the functions are: echo"
    );
    let (mut broken, _) = config(&folder);
    broken.functions[0].env = vec![("QUEUE".into(), "{queue_url:hooks}".into())];
    assert_eq!(
        refusal(&folder, broken).await,
        "the variable `QUEUE` of the function `echo` refers to the queue `hooks`, which is not \
         configured; the queues are: (none)"
    );
}

#[tokio::test]
async fn a_name_that_two_functions_have_is_named() {
    let folder = Folder::new();
    let (mut broken, _) = config(&folder);
    broken.functions.push(broken.functions[0].clone());
    assert_eq!(refusal(&folder, broken).await, "two functions are named `echo`; each needs a name of its own");
}

#[tokio::test]
async fn numbers_that_cannot_be_are_named() {
    let folder = Folder::new();
    let (mut broken, _) = config(&folder);
    broken.functions[0].processes = 0;
    assert_eq!(refusal(&folder, broken).await, "`processes` of the function `echo` is 0; it must be at least 1");
    let (mut broken, _) = config(&folder);
    broken.mappings = vec![MappingSpec {
        queue: "hooks".into(),
        function: "echo".into(),
        batch_size: 0,
        batch_window: Duration::ZERO,
    }];
    assert_eq!(
        refusal(&folder, broken).await,
        "`batch_size` of the mapping from `hooks` to `echo` is 0; it must be at least 1"
    );
}

#[tokio::test]
async fn a_queue_or_table_that_aws_would_refuse_is_named() {
    let folder = Folder::new();
    let (mut broken, _) = config(&folder);
    broken.tables = vec![TableSpec { name: "t".into(), ttl_attribute: "expires_at".into() }];
    let message = refusal(&folder, broken).await;
    assert!(message.starts_with("cannot create the table `t`: "), "{message}");
    let (mut broken, _) = config(&folder);
    broken.queues = vec![QueueSpec { name: "no spaces".into(), visibility_timeout_s: 30, dead_letter: None }];
    let message = refusal(&folder, broken).await;
    assert!(message.starts_with("cannot create the queue `no spaces`: "), "{message}");
}
