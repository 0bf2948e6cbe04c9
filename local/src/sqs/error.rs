//! Everything that can go wrong, with the code by which an AWS SDK knows it.

use std::path::PathBuf;

/// Why the queues could not be opened, or why a request is refused.
#[derive(Debug, thiserror::Error)]
pub enum SqsError {
    /// The file is neither ours nor empty, or it is damaged.
    #[error("{} is not a usable store of local queues ({why}); move it away to start with empty queues, or name another file", path.display())]
    StoreUnusable {
        /// The file.
        path: PathBuf,
        /// What was seen in it.
        why: String,
    },
    /// Another process holds the file.
    #[error("{} is in use by another process; stop that process, or name another file", path.display())]
    StoreInUse {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be opened at all.
    #[error("{} cannot be opened for the local queues: {source}; its directory must exist and be writable", path.display())]
    StoreUnopened {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// SQLite failed while the queues were in use: a full disk, or a file damaged under our feet.
    #[error("the store of the local queues failed: {0}; see that its disk is neither full nor read-only")]
    Store(#[from] rusqlite::Error),

    /// No queue has this name.
    #[error("the queue {0:?} does not exist; its name is the last path segment of the queue URL")]
    QueueDoesNotExist(String),
    /// CreateQueue named an existing queue and other attributes than it has.
    #[error("the queue {queue:?} exists with another value of {attribute}; SetQueueAttributes changes it")]
    QueueNameExists {
        /// The queue.
        queue: String,
        /// The first attribute that differs.
        attribute: String,
    },
    /// No such attribute of queues.
    #[error("{0:?} is not an attribute that a queue has here")]
    InvalidAttributeName(String),
    /// The receipt handle was never made by this queue.
    #[error("the receipt handle {0:?} was not made by this queue; use the one of the latest receive")]
    ReceiptHandleIsInvalid(String),
    /// The visibility of a message that is not in flight cannot change.
    #[error("the message is visible already, so it has no visibility timeout to change; receive it first")]
    MessageNotInflight,
    /// The text holds characters that SQS does not carry.
    #[error("U+{:04X} in {place} is not carried by SQS, which takes tab, newline, return, and U+0020 up except surrogates, U+FFFE and U+FFFF; encode such text as base64", *.character as u32)]
    InvalidMessageContents {
        /// Where it is.
        place: String,
        /// The first such character.
        character: char,
    },
    /// A value is out of its range or form.
    #[error("the value {value:?} of {parameter} is wrong; it must be {right}")]
    InvalidParameterValue {
        /// Which parameter.
        parameter: String,
        /// The value, shortened.
        value: String,
        /// What would be right.
        right: String,
    },
    /// A required value is absent or empty.
    #[error("the request must contain {0}")]
    MissingParameter(&'static str),
    /// A batch without entries.
    #[error("the batch is empty; it must have 1 to 10 entries")]
    EmptyBatchRequest,
    /// A batch with more entries than SQS takes.
    #[error("the batch has {0} entries; it may have 10 at most")]
    TooManyEntriesInBatchRequest(usize),
    /// Two entries have one id.
    #[error("the id {0:?} names two entries of the batch; ids must differ")]
    BatchEntryIdsNotDistinct(String),
    /// An entry's id has the wrong form.
    #[error("{0:?} is no id of a batch entry; it must be 1 to 80 letters, digits, hyphens or underscores")]
    InvalidBatchEntryId(String),
    /// The messages of a batch are too large together.
    #[error("the messages of the batch have {0} bytes together; they may have 1,048,576 at most, attributes counted")]
    BatchRequestTooLong(usize),
    /// What a move task names does not exist.
    #[error("{0} does not exist")]
    ResourceNotFound(String),
    /// SQS does not do this, or this server does not.
    #[error("{0}")]
    UnsupportedOperation(String),
    /// The body is not the JSON that the action takes.
    #[error("the request body is not the JSON of this action: {0}")]
    Serialization(String),
    /// The request is not one of the AWS JSON 1.0 protocol, or its action is unknown.
    #[error("{0}")]
    InvalidAction(String),
}

impl SqsError {
    /// A value that is out of its range or form; `right` completes "it must be ...".
    pub(super) fn invalid(parameter: &str, value: impl ToString, right: impl ToString) -> Self {
        // A mistaken value may be a whole message body: the error shows its beginning only.
        let value = value.to_string().chars().take(100).collect();
        Self::InvalidParameterValue { parameter: parameter.to_owned(), value, right: right.to_string() }
    }

    /// Whether the client could have avoided the error.
    pub(super) fn is_senders_fault(&self) -> bool {
        !matches!(
            self,
            Self::Store(_) | Self::StoreUnopened { .. } | Self::StoreInUse { .. } | Self::StoreUnusable { .. }
        )
    }

    /// The name of the error in the service's model, which newer SDKs read from `__type`.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Store(_) | Self::StoreUnopened { .. } | Self::StoreInUse { .. } | Self::StoreUnusable { .. } => {
                "InternalError"
            }
            Self::QueueDoesNotExist(_) => "QueueDoesNotExist",
            Self::QueueNameExists { .. } => "QueueNameExists",
            Self::InvalidAttributeName(_) => "InvalidAttributeName",
            Self::ReceiptHandleIsInvalid(_) => "ReceiptHandleIsInvalid",
            Self::MessageNotInflight => "MessageNotInflight",
            Self::InvalidMessageContents { .. } => "InvalidMessageContents",
            Self::InvalidParameterValue { .. } => "InvalidParameterValue",
            Self::MissingParameter(_) => "MissingParameter",
            Self::EmptyBatchRequest => "EmptyBatchRequest",
            Self::TooManyEntriesInBatchRequest(_) => "TooManyEntriesInBatchRequest",
            Self::BatchEntryIdsNotDistinct(_) => "BatchEntryIdsNotDistinct",
            Self::InvalidBatchEntryId(_) => "InvalidBatchEntryId",
            Self::BatchRequestTooLong(_) => "BatchRequestTooLong",
            Self::ResourceNotFound(_) => "ResourceNotFoundException",
            Self::UnsupportedOperation(_) => "UnsupportedOperation",
            Self::Serialization(_) => "SerializationException",
            Self::InvalidAction(_) => "InvalidAction",
        }
    }

    /// The code of the older query protocol, which SDKs still show where the service's model names one.
    pub(super) fn query_code(&self) -> &'static str {
        match self {
            Self::QueueDoesNotExist(_) => "AWS.SimpleQueueService.NonExistentQueue",
            Self::QueueNameExists { .. } => "QueueAlreadyExists",
            Self::MessageNotInflight => "AWS.SimpleQueueService.MessageNotInflight",
            Self::EmptyBatchRequest => "AWS.SimpleQueueService.EmptyBatchRequest",
            Self::TooManyEntriesInBatchRequest(_) => "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            Self::BatchEntryIdsNotDistinct(_) => "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
            Self::InvalidBatchEntryId(_) => "AWS.SimpleQueueService.InvalidBatchEntryId",
            Self::BatchRequestTooLong(_) => "AWS.SimpleQueueService.BatchRequestTooLong",
            Self::UnsupportedOperation(_) => "AWS.SimpleQueueService.UnsupportedOperation",
            other => other.kind(),
        }
    }
}
