//! What can be wrong with a configuration, found before anything is started.

use crate::config::StackConfig;
use crate::endpoints::queues_in;
use crate::error::StartError;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Finds names that refer to nothing, numbers that cannot be, and binaries that are not there.
pub(crate) fn check(config: &StackConfig) -> Result<(), StartError> {
    distinct("queue", config.queues.iter().map(|queue| queue.name.as_str()))?;
    distinct("table", config.tables.iter().map(|table| table.name.as_str()))?;
    distinct("function", config.functions.iter().map(|function| function.name.as_str()))?;
    for queue in &config.queues {
        if let Some(dead_letter) = &queue.dead_letter {
            let user = format!("the dead letter of the queue `{}`", queue.name);
            known_queue(config, user, &dead_letter.queue)?;
        }
    }
    for function in &config.functions {
        let name = &function.name;
        if function.processes == 0 {
            return Err(StartError::Zero { what: format!("`processes` of the function `{name}`") });
        }
        if !is_executable(&function.binary) {
            return Err(StartError::BinaryMissing { function: name.clone(), path: function.binary.clone() });
        }
        for (variable, value) in &function.env {
            for queue in queues_in(value) {
                let user = format!("the variable `{variable}` of the function `{name}`");
                known_queue(config, user, queue)?;
            }
        }
    }
    for route in &config.routes {
        known_function(config, format!("the route `{}`", route.path), &route.function)?;
    }
    for mapping in &config.mappings {
        let user = format!("the mapping from `{}` to `{}`", mapping.queue, mapping.function);
        if mapping.batch_size == 0 {
            return Err(StartError::Zero { what: format!("`batch_size` of {user}") });
        }
        known_queue(config, user.clone(), &mapping.queue)?;
        known_function(config, user, &mapping.function)?;
    }
    Ok(())
}

fn distinct<'a>(kind: &'static str, names: impl Iterator<Item = &'a str>) -> Result<(), StartError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(StartError::Duplicate { kind, name: name.to_owned() });
        }
    }
    Ok(())
}

fn known_queue(config: &StackConfig, user: String, name: &str) -> Result<(), StartError> {
    known(user, "queue", name, config.queues.iter().map(|queue| queue.name.as_str()))
}

fn known_function(config: &StackConfig, user: String, name: &str) -> Result<(), StartError> {
    let functions = config.functions.iter();
    known(user, "function", name, functions.map(|function| function.name.as_str()))
}

fn known<'a>(
    user: String,
    kind: &'static str,
    name: &str,
    names: impl Iterator<Item = &'a str>,
) -> Result<(), StartError> {
    let names: Vec<_> = names.collect();
    if names.contains(&name) {
        return Ok(());
    }
    let known = if names.is_empty() { "(none)".into() } else { names.join(", ") };
    Err(StartError::Unknown { user, kind, name: name.to_owned(), known })
}

fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}
