//! The worker as an executable.

use std::process::ExitCode;

fn main() -> ExitCode {
    // The process beside that runs programs is this executable, too, and nothing else of it may run there.
    #[cfg(feature = "jq")]
    if std::env::args().nth(1).as_deref() == Some(jq::ARGUMENT) {
        return jq::child::serve();
    }
    worker_fn::lambda::serve()
}
