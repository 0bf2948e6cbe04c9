//! SSM Parameter Store on loopback: parameters in memory, for AWS SDKs and the AWS CLI over HTTP and for code here.
//!
//! It knows GetParameter, GetParameters, PutParameter and DeleteParameter, and keeps their limits. Nothing is written to disk, so
//! that a secret which somebody tries here leaves nothing behind. It is a development server: **signatures, policies and
//! encryption are not looked at**. A SecureString that is asked for without `WithDecryption` is unreadable all the
//! same, because forgetting that is a mistake which should be seen here first. Beyond that it differs from SSM in
//! that there is no history, and that a name below `/aws/reference/secretsmanager/` is a parameter like any other.

mod protocol;

use crate::clock;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;

/// How many names one GetParameters takes.
const NAMES_MAX: usize = 10;
/// How large a standard parameter is, in characters.
const VALUE_CHARS_MAX: usize = 4096;

/// The parameters. One value serves the HTTP endpoint and, beside it, code in this process.
#[derive(Default)]
pub struct Ssm {
    parameters: Mutex<BTreeMap<String, Parameter>>,
    fetches: AtomicU64,
}

/// One parameter.
#[derive(Debug, Clone)]
struct Parameter {
    kind: String,
    value: String,
    version: u64,
    modified_ms: u64,
}

/// Why a request is refused, with the code by which an AWS SDK knows it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SsmError {
    /// A value is absent, out of its range or of a wrong form.
    #[error("{0}")]
    ValidationException(String),
    /// There is a parameter of this name, and it was not to be overwritten.
    #[error("the parameter {0} exists; with Overwrite it gets the new value")]
    ParameterAlreadyExists(String),
    /// There is no parameter of this name.
    #[error("the parameter {0} does not exist")]
    ParameterNotFound(String),
    /// The body is not the JSON that the action takes.
    #[error("the request body is not the JSON of this action: {0}")]
    SerializationException(String),
    /// The action is none of ours.
    #[error("{0}")]
    UnknownOperationException(String),
}

impl Ssm {
    /// Sets a SecureString, whether there is one of this name or not.
    pub fn put(&self, name: &str, value: &str) {
        self.write(name, "SecureString", value);
    }

    /// Removes a parameter, if there is one.
    ///
    /// # Errors
    /// [`SsmError::ParameterNotFound`].
    pub fn delete(&self, name: &str) -> Result<(), SsmError> {
        self.lock().remove(name).map(drop).ok_or_else(|| SsmError::ParameterNotFound(name.to_owned()))
    }

    /// How often GetParameters was called over HTTP.
    pub fn fetches(&self) -> u64 {
        self.fetches.load(Ordering::Relaxed)
    }

    /// Serves the API on `listener` until `shutdown`; requests that are under way then are answered.
    ///
    /// # Errors
    /// When the listener breaks.
    pub async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        protocol::serve(self, listener, shutdown).await
    }

    /// GetParameters: each name, and the parameter if there is one.
    fn find(&self, names: Vec<String>) -> Result<Vec<(String, Option<Parameter>)>, SsmError> {
        self.fetches.fetch_add(1, Ordering::Relaxed);
        if !(1..=NAMES_MAX).contains(&names.len()) {
            let message = format!("{} names; there must be 1 to {NAMES_MAX}", names.len());
            return Err(SsmError::ValidationException(message));
        }
        let parameters = self.lock();
        let find = |name: String| {
            let parameter = parameters.get(&name).cloned();
            (name, parameter)
        };
        Ok(names.into_iter().map(find).collect())
    }

    /// GetParameter, as people ask for one by hand.
    fn find_one(&self, name: &str) -> Result<Parameter, SsmError> {
        self.lock().get(name).cloned().ok_or_else(|| SsmError::ParameterNotFound(name.to_owned()))
    }

    /// PutParameter. The type may be left out where a parameter is overwritten.
    fn set(&self, name: &str, kind: Option<&str>, value: &str, overwrite: bool) -> Result<u64, SsmError> {
        let wrong = |message: &str| Err(SsmError::ValidationException(message.to_owned()));
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'/');
        if name.is_empty() || !name.bytes().all(fits) || (name.contains('/') && !name.starts_with('/')) {
            return wrong("Name must be of letters, digits, '.', '-' and '_', or a path of such that begins with '/'");
        }
        if !(1..=VALUE_CHARS_MAX).contains(&value.chars().count()) {
            return wrong("Value must have 1 to 4096 characters, as standard parameters do");
        }
        let old = self.lock().get(name).map(|parameter| parameter.kind.clone());
        if old.is_some() && !overwrite {
            return Err(SsmError::ParameterAlreadyExists(name.to_owned()));
        }
        match kind.map(str::to_owned).or(old) {
            Some(kind) if ["String", "StringList", "SecureString"].contains(&&*kind) => {
                Ok(self.write(name, &kind, value))
            }
            _ => wrong("Type must be String, StringList or SecureString for a parameter that is new"),
        }
    }

    /// Writes a parameter and returns its version.
    fn write(&self, name: &str, kind: &str, value: &str) -> u64 {
        let mut parameters = self.lock();
        let version = parameters.get(name).map_or(1, |old| old.version + 1);
        let modified_ms = clock::now_ms();
        let parameter = Parameter { kind: kind.to_owned(), value: value.to_owned(), version, modified_ms };
        parameters.insert(name.to_owned(), parameter);
        version
    }

    /// A map is never left half changed.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Parameter>> {
        self.parameters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
