//! The format of the vector files, and how a case becomes a request.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use webhook::provider::{self, Provider};
use webhook::secret::Secrets;
use webhook::{Rejection, Request};

/// One provider's file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vectors {
    pub(crate) provider: String,
    /// The SDK, its version and the functions that signed and checked.
    pub(crate) made_by: String,
    pub(crate) cases: Vec<Case>,
}

/// One request, and what is to become of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// Who signed it, where it was not the SDK that the file names. For readers.
    #[serde(rename = "made_by")]
    _made_by: Option<String>,
    /// Why the provider's SDK judges otherwise. For readers.
    #[serde(rename = "sdk_differs")]
    _sdk_differs: Option<String>,
    secrets: Vec<String>,
    /// The documents that can be fetched, by their URLs.
    #[serde(default)]
    documents: BTreeMap<String, String>,
    pub(crate) now_ms: u64,
    method: String,
    url: String,
    headers: BTreeMap<String, String>,
    body: Option<String>,
    body_base64: Option<String>,
    /// A text and how often it stands there.
    body_repeat: Option<(String, usize)>,
    pub(crate) expect: Expected,
    /// Which of the secrets matched, for a case that is verified.
    pub(crate) secret: Option<usize>,
    /// The identity of the event; absent where the case is only about the signature.
    pub(crate) identity: Option<String>,
    pub(crate) event_type: Option<String>,
}

/// How a case is to end: verified, or the kind of its rejection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Expected {
    Verified,
    Missing,
    Mismatch,
    BodyHash,
    Claim,
    Version,
    Separator,
    Foreign,
    ForeignPlace,
    Certificate,
    KeyWanted,
    KeyUnknown,
    TimestampUnreadable,
    Stale,
}

impl From<&Rejection> for Expected {
    fn from(rejection: &Rejection) -> Self {
        match rejection {
            Rejection::Missing(_) => Expected::Missing,
            Rejection::Mismatch { .. } => Expected::Mismatch,
            Rejection::BodyHash { .. } => Expected::BodyHash,
            Rejection::Claim(_) => Expected::Claim,
            Rejection::Version { .. } => Expected::Version,
            Rejection::Separator { .. } => Expected::Separator,
            Rejection::Foreign { .. } => Expected::Foreign,
            Rejection::ForeignPlace { .. } => Expected::ForeignPlace,
            Rejection::Certificate { .. } => Expected::Certificate,
            Rejection::KeyWanted { .. } => Expected::KeyWanted,
            Rejection::KeyUnknown { .. } => Expected::KeyUnknown,
            Rejection::TimestampUnreadable { .. } => Expected::TimestampUnreadable,
            Rejection::Stale { .. } => Expected::Stale,
        }
    }
}

impl Case {
    pub(crate) fn body(&self) -> Vec<u8> {
        match (&self.body, &self.body_base64, &self.body_repeat) {
            (Some(text), None, None) => text.clone().into_bytes(),
            (None, Some(base64), None) => STANDARD.decode(base64).expect("body_base64 is base64"),
            (None, None, Some((text, count))) => text.repeat(*count).into_bytes(),
            _ => panic!("\"{}\": a case has one of body, body_base64 and body_repeat", self.name),
        }
    }

    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        self.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    pub(crate) fn request<'a>(&'a self, headers: &'a [(String, String)], body: &'a [u8]) -> Request<'a> {
        Request { method: &self.method, url: &self.url, headers, body }
    }

    pub(crate) fn document(&self, url: &str) -> Option<&[u8]> {
        self.documents.get(url).map(String::as_bytes)
    }

    pub(crate) fn secrets(&self, provider: &Provider) -> Secrets {
        Secrets::parse(&self.secrets.join("\n"), &provider.scheme.key).expect("a case's secrets can be keys")
    }
}

/// Every vector file with its name, sorted.
pub(crate) fn files() -> Vec<(String, Vectors)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let entries = std::fs::read_dir(&directory).expect("tests/vectors can be listed");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("tests/vectors can be listed").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort_by_key(|path| path.file_stem().map(ToOwned::to_owned));
    let read = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let vectors = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, vectors)
    };
    paths.iter().map(read).collect()
}

/// Runs a check over every case and reports all failures together, each with its file and its name.
#[track_caller]
pub(crate) fn check_all(check: impl Fn(&'static Provider, &Case) -> Result<(), String>) {
    let mut failures = Vec::new();
    for (file, vectors) in files() {
        let provider = provider::by_name(&vectors.provider).unwrap_or_else(|| panic!("{file}: no such provider"));
        for case in &vectors.cases {
            let outcome = check(provider, case);
            failures.extend(outcome.err().map(|what| format!("{file}, \"{}\": {what}", case.name)));
        }
    }
    assert!(failures.is_empty(), "{} cases failed:\n{}", failures.len(), failures.join("\n"));
}

/// Says what differs, so that a failure names it.
pub(crate) fn equal<T: PartialEq + Debug>(what: &str, found: T, expected: T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what} is {found:?}, expected is {expected:?}")) }
}
