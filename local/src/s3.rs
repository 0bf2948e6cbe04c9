//! S3 on loopback: the objects of a few buckets, each a file in the state folder, for AWS SDKs over HTTP.
//!
//! It knows GetObject, HeadObject, PutObject and DeleteObject of whole objects, with the bucket in the path. It is a
//! development server: **signatures and policies are not looked at**. That a body has the SHA-256 which its header says
//! is checked all the same, because a wrong one is a mistake which should be seen here first.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpListener;
use uuid::Uuid;

/// The largest object that is taken, in bytes; S3 takes more.
const OBJECT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The buckets: each is a folder.
pub struct S3 {
    folder: PathBuf,
}

/// Why a request is refused: the HTTP status, and the code by which an AWS SDK knows the error.
type Refusal = (StatusCode, &'static str);

const NO_SUCH_BUCKET: Refusal = (StatusCode::NOT_FOUND, "NoSuchBucket");
const NO_SUCH_KEY: Refusal = (StatusCode::NOT_FOUND, "NoSuchKey");
const INVALID_URI: Refusal = (StatusCode::BAD_REQUEST, "InvalidURI");
const OTHER_HASH: Refusal = (StatusCode::BAD_REQUEST, "XAmzContentSHA256Mismatch");
const NOT_IMPLEMENTED: Refusal = (StatusCode::NOT_IMPLEMENTED, "NotImplemented");
const INTERNAL: Refusal = (StatusCode::INTERNAL_SERVER_ERROR, "InternalError");

impl S3 {
    /// Keeps objects in a folder, and creates the buckets that it has not.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn open<'a>(folder: &Path, buckets: impl Iterator<Item = &'a str>) -> io::Result<Self> {
        for bucket in buckets {
            fs::create_dir_all(folder.join(bucket))?;
        }
        Ok(S3 { folder: folder.to_owned() })
    }

    /// Serves the API on `listener` until `shutdown`; requests that are under way then are answered.
    ///
    /// # Errors
    /// When the listener breaks.
    pub async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let limit = DefaultBodyLimit::max(OBJECT_BYTES_MAX);
        let router = Router::new().fallback(answer).layer(limit).with_state(self);
        axum::serve(listener, router).with_graceful_shutdown(shutdown).await
    }

    /// The bucket's folder and the object's file.
    fn place(&self, path: &str) -> Result<(PathBuf, PathBuf), Refusal> {
        let plain = |segment: &str| {
            let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            !segment.is_empty() && segment != "." && segment != ".." && segment.bytes().all(letters)
        };
        let (bucket, key) = path.trim_start_matches('/').split_once('/').ok_or(NOT_IMPLEMENTED)?;
        if key.len() > 1024 || !plain(bucket) || !key.split('/').all(plain) {
            return Err(INVALID_URI);
        }
        let bucket = self.folder.join(bucket);
        let object = bucket.join(key);
        if bucket.is_dir() { Ok((bucket, object)) } else { Err(NO_SUCH_BUCKET) }
    }

    fn act(&self, method: &Method, path: &str, headers: &HeaderMap, body: &[u8]) -> Result<Vec<u8>, Refusal> {
        let (bucket, object) = self.place(path)?;
        match *method {
            Method::GET | Method::HEAD => fs::read(object).map_err(|error| refusal(&error)),
            Method::PUT => {
                let said = headers.get("x-amz-content-sha256").and_then(|value| value.to_str().ok());
                if said.is_some_and(|said| said != "UNSIGNED-PAYLOAD" && said != sha256(body)) {
                    return Err(OTHER_HASH);
                }
                // Nobody ever sees half an object.
                let whole = bucket.join(format!(".{}", Uuid::new_v4()));
                let parent = object.parent().unwrap_or(&bucket);
                let put = fs::create_dir_all(parent).and_then(|()| fs::write(&whole, body));
                put.and_then(|()| fs::rename(&whole, &object)).map_err(|_| INTERNAL)?;
                Ok(Vec::new())
            }
            Method::DELETE => match fs::remove_file(object) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(INTERNAL),
                _ => Ok(Vec::new()),
            },
            _ => Err(NOT_IMPLEMENTED),
        }
    }
}

async fn answer(State(s3): State<Arc<S3>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let id = [("x-amz-request-id", Uuid::new_v4().to_string())];
    let request = method.clone();
    let act = move || s3.act(&request, uri.path(), &headers, &body);
    match tokio::task::spawn_blocking(act).await.unwrap_or(Err(INTERNAL)) {
        Ok(_) if method == Method::DELETE => (StatusCode::NO_CONTENT, id).into_response(),
        Ok(object) => (id, object).into_response(),
        Err((status, code)) => {
            let xml = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code></Error>");
            (status, id, [("content-type", "application/xml")], xml).into_response()
        }
    }
}

fn refusal(error: &io::Error) -> Refusal {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory => NO_SUCH_KEY,
        _ => INTERNAL,
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_put_fetched_replaced_and_deleted() {
        let folder = std::env::temp_dir().join(format!("s3-{}", Uuid::new_v4()));
        let s3 = S3::open(&folder, ["b"].into_iter()).unwrap();
        let none = HeaderMap::new();
        let act = |method: Method, path: &str, body: &str| s3.act(&method, path, &none, body.as_bytes());
        assert_eq!(act(Method::GET, "/b/x/y", ""), Err(NO_SUCH_KEY));
        for body in ["one", "two"] {
            assert_eq!(act(Method::PUT, "/b/x/y", body), Ok(Vec::new()));
            assert_eq!(act(Method::GET, "/b/x/y", ""), Ok(body.as_bytes().to_vec()));
        }
        assert_eq!(act(Method::GET, "/b/x", ""), Err(NO_SUCH_KEY), "no object, but the beginning of one's key");
        for _ in 0..2 {
            assert_eq!(act(Method::DELETE, "/b/x/y", ""), Ok(Vec::new()));
        }
        assert_eq!(act(Method::GET, "/b/x/y", ""), Err(NO_SUCH_KEY));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_no_object_or_not_what_was_hashed_is_refused() {
        let folder = std::env::temp_dir().join(format!("s3-{}", Uuid::new_v4()));
        let s3 = S3::open(&folder, ["b"].into_iter()).unwrap();
        let mut headers = HeaderMap::new();
        for (path, refusal) in [
            ("/b/../lock", INVALID_URI),
            ("/../b/k", INVALID_URI),
            ("/b//k", INVALID_URI),
            ("/b/", INVALID_URI),
            ("/b", NOT_IMPLEMENTED),
            ("/other/k", NO_SUCH_BUCKET),
        ] {
            assert_eq!(s3.act(&Method::PUT, path, &headers, b"x"), Err(refusal), "{path}");
        }
        headers.insert("x-amz-content-sha256", sha256(b"x").parse().unwrap());
        assert_eq!(s3.act(&Method::PUT, "/b/k", &headers, b"y"), Err(OTHER_HASH));
        assert_eq!(s3.act(&Method::PUT, "/b/k", &headers, b"x"), Ok(Vec::new()));
        assert_eq!(s3.act(&Method::POST, "/b/k", &headers, b"x"), Err(NOT_IMPLEMENTED));
        fs::remove_dir_all(folder).unwrap();
    }
}
