//! Where the letters are: the stack of `tidegate up` on this machine, or AWS.

use shell::Settings;
use shell::aws::s3::S3;
use shell::settings::environment;

use crate::account::{Account, PATIENCE};
use crate::{CliError, bundle};

/// Which queues and which table.
#[derive(Debug, Clone, clap::Args)]
pub struct Place {
    /// AWS, with region, credentials and AWS_ENDPOINT_URL from the environment; without it, the stack of `tidegate up`
    #[arg(long, help_heading = "Where")]
    aws: bool,
    /// The queue that letters go back to [with --aws also TIDEGATE_QUEUE_URL]
    #[arg(long, value_name = "URL", help_heading = "Where")]
    queue_url: Option<String>,
    /// The queue that letters are in [with --aws also TIDEGATE_DEAD_LETTER_QUEUE_URL]
    #[arg(long, value_name = "URL", help_heading = "Where")]
    dead_letter_queue_url: Option<String>,
    /// The ledger's table [with --aws also TIDEGATE_TABLE]
    #[arg(long, value_name = "NAME", help_heading = "Where")]
    table: Option<String>,
    /// The stack has FIFO queues
    #[arg(long, conflicts_with = "aws", help_heading = "Where")]
    fifo: bool,
    /// The port of the stack's SQS endpoint
    #[arg(long, value_name = "PORT", default_value_t = bundle::SQS_PORT, conflicts_with = "aws", help_heading = "Where")]
    sqs_port: u16,
    /// The port of the stack's DynamoDB endpoint
    #[arg(
        long,
        value_name = "PORT",
        default_value_t = bundle::DYNAMODB_PORT,
        conflicts_with = "aws",
        help_heading = "Where"
    )]
    dynamodb_port: u16,
    /// The port of the stack's S3 endpoint
    #[arg(long, value_name = "PORT", default_value_t = bundle::S3_PORT, conflicts_with = "aws", help_heading = "Where")]
    s3_port: u16,
}

/// A place that can be spoken to.
pub struct Opened {
    /// Clients for the dead-letter queue and the table.
    pub account: Account,
    /// The URL of the queue that letters go back to.
    pub queue_url: String,
    /// Where the bodies lie that no message has room for.
    pub bodies: S3,
}

impl Place {
    /// Clients for the place. Nothing is called yet.
    ///
    /// # Errors
    /// [`CliError::Usage`] with everything that AWS needs and neither an option nor the environment says.
    pub fn open(&self) -> Result<Opened, CliError> {
        if self.aws { self.on_aws() } else { self.on_this_machine() }
    }

    fn on_this_machine(&self) -> Result<Opened, CliError> {
        let endpoint = |port: u16| format!("http://127.0.0.1:{port}");
        let sqs = endpoint(self.sqs_port);
        let queue = |option: &Option<String>, name: &str| {
            option.clone().unwrap_or_else(|| format!("{sqs}/{}/{name}", local::ACCOUNT_ID))
        };
        let table = self.table.as_deref().unwrap_or(bundle::TABLE);
        let [queue_name, letters_name] = bundle::queues(self.fifo);
        let dead_letter_url = queue(&self.dead_letter_queue_url, letters_name);
        let account = Account::at(&sqs, &endpoint(self.dynamodb_port), dead_letter_url, table)?;
        let bodies = Account::bodies_at(&endpoint(self.s3_port));
        Ok(Opened { account, queue_url: queue(&self.queue_url, queue_name), bodies })
    }

    fn on_aws(&self) -> Result<Opened, CliError> {
        let settings = Settings::new(&environment);
        let mut mistakes = Vec::new();
        let mut named = |option: &Option<String>, flag: &str, variable: &str| {
            option.clone().or_else(|| settings.optional(variable)).unwrap_or_else(|| {
                mistakes.push(format!("{flag} is not said and {variable} is not set"));
                String::new()
            })
        };
        let queue_url = named(&self.queue_url, "--queue-url", "TIDEGATE_QUEUE_URL");
        let dead_letter_url =
            named(&self.dead_letter_queue_url, "--dead-letter-queue-url", "TIDEGATE_DEAD_LETTER_QUEUE_URL");
        let table = named(&self.table, "--table", "TIDEGATE_TABLE");
        let account = Account::new(&environment, dead_letter_url, table);
        mistakes.extend(account.as_ref().err().map(ToString::to_string));
        match account {
            Ok(account) if mistakes.is_empty() => {
                // Whatever it lacks, the account has told.
                Ok(Opened { account, queue_url, bodies: S3::new(&settings, PATIENCE) })
            }
            _ => Err(CliError::Usage(mistakes.join("; "))),
        }
    }
}
