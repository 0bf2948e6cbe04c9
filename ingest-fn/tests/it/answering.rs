//! An HTTP server on loopback that answers what a test tells it to, to the byte.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A server, and the requests that it got.
pub(crate) struct Answering {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Answering {
    /// Starts one. `answer` gets a request's path and body; without an answer the connection stays open.
    pub(crate) async fn start(answer: impl Fn(&str, &str) -> Option<String> + Send + Sync + 'static) -> Answering {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let (got, answer) = (requests.clone(), Arc::new(answer));
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (got, answer) = (got.clone(), answer.clone());
                tokio::spawn(async move {
                    let (path, body) = read(&mut stream).await;
                    got.lock().unwrap().push(path.clone());
                    match answer(&path, &body) {
                        Some(text) => stream.write_all(text.as_bytes()).await.unwrap(),
                        None => std::future::pending().await,
                    }
                });
            }
        });
        Answering { url, requests }
    }

    /// The paths that were asked for so far.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// A whole answer with this status, these further header lines and this body.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
}

/// The path and the body of a request.
async fn read(stream: &mut TcpStream) -> (String, String) {
    let mut request = String::new();
    loop {
        let mut part = [0; 4096];
        let bytes = stream.read(&mut part).await.unwrap();
        request.push_str(std::str::from_utf8(&part[..bytes]).unwrap());
        let Some((head, body)) = request.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return (head.split(' ').nth(1).unwrap().to_owned(), body.to_owned());
        }
    }
}
