//! The door as an executable.

fn main() -> std::process::ExitCode {
    ingest_fn::lambda::serve()
}
