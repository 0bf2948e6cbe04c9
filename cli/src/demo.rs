//! `tidegate demo`: the main job end to end, and a table of what was sent, answered and became of each.

use std::collections::{HashMap, HashSet};
use std::process::ExitCode;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use indicatif::{ProgressBar, ProgressStyle};
use shell::clock;
use webhook::ledger::Key;
use webhook::sources::Source;

use crate::account::Fate;
use crate::dead::print;
use crate::delivery::{Delivery, Draft, Tamper, hook_url, random_id};
use crate::post::{Answered, Poster};
use crate::stack::{self, Running, StackOptions};
use crate::{CliError, bundle, table, up};

/// Show the main job end to end: signed deliveries of every source, and what must be refused
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    stack: StackOptions,
    /// How many deliveries the burst has
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    burst: u32,
    /// How many of the burst's deliveries are under way at once
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    at_once: u16,
    /// Stop the stack and exit instead of leaving it up: 0 when every line is as it must be, 1 otherwise
    #[arg(long)]
    exit: bool,
}

/// How long an event may take to settle before the demo gives it up.
const SETTLE_MAX: Duration = Duration::from_secs(120);

/// One line of the table: deliveries that share an expectation.
struct Case {
    what: String,
    deliveries: Vec<Delivery>,
    answer: Expected,
    fate: Fate,
}

/// What the door must say.
struct Expected {
    status: u16,
    body: Option<String>,
}

/// What became of a case.
struct Outcome {
    answers: Vec<Answered>,
    took: Duration,
}

/// Runs the demo.
///
/// # Errors
/// When the stack does not start or stops answering. A line that is not as it must be is no error of the
/// demo: it is printed, and the exit status says so.
pub async fn run(options: &Options) -> Result<ExitCode, CliError> {
    let log = options.stack.state.join("functions.log");
    eprintln!("Starting the stack ...");
    let running = stack::start(&options.stack, stack::log_to_file(&log)?).await?;
    let told = tokio::select! {
        told = tell(&running, options) => told,
        interrupted = up::until_interrupted() => {
            interrupted.and_then(|()| Err(CliError::failed("interrupted: what was sent so far is in the state folder")))
        }
    };
    let good = match &told {
        Ok((text, good)) => {
            print::text(&format!("{text}\n"))?;
            *good
        }
        Err(_) => false,
    };
    if told.is_ok() && !options.exit {
        let addresses = up::addresses(&running);
        print::text(&format!("{addresses}log       {}\n\nCtrl-C stops it.\n", log.display()))?;
        up::until_interrupted().await?;
    }
    running.stack.stop().await;
    told?;
    if !good {
        eprintln!("Not every line is as it must be. The functions' log: {}", log.display());
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Sends everything, waits until it is settled, and lays out the table. True when every line is right.
async fn tell(running: &Running, options: &Options) -> Result<(String, bool), CliError> {
    let letters_before = running.account.dead_letters().await?;
    let (left_out, played): (Vec<&Source>, Vec<&Source>) =
        running.sources.iter().partition(|source| bundle::is_elsewhere(source) || source.provider.is_custom());
    for source in left_out {
        let why = match source.provider.is_custom() {
            true => "what its own scheme is sent is not known here",
            false => "it posts to an endpoint of yours",
        };
        eprintln!("{} is left out: {why}", source.name);
    }
    let cases = cases(running, &played, options.burst)?;
    let at_once = usize::from(options.at_once);
    let total: usize = cases.iter().map(|case| case.deliveries.len()).sum();
    let (posted, poster) = (progress("posted", total), Poster::new()?);
    let mut outcomes = Vec::new();
    for case in &cases {
        outcomes.push(post(&poster, case, at_once, &posted).await?);
    }
    posted.finish();

    let awaited: Vec<Key> = cases.iter().filter(|case| case.fate != nothing()).flat_map(keys).collect();
    let settled_in = settle(running, &awaited).await?;
    let all: Vec<Key> = cases.iter().flat_map(keys).collect();
    let fates = running.account.fates(&all).await?;
    let letters = running.account.dead_letters().await?.saturating_sub(letters_before);
    let letters_expected: usize = cases.iter().filter(|case| case.fate.status == "dead").map(|c| keys(c).len()).sum();

    // What an earlier run left behind may still be posted on, and is none of ours.
    let several =
        played.iter().filter(|source| source.destinations.len() > 1).map(|source| format!("{}#", source.name));
    let several: Vec<String> = several.collect();
    // Where a source has several destinations, only the first is waited for, and the others may be posted to yet.
    let is_relayed = |key: &&Key| key.sk.starts_with("https") && !several.iter().any(|name| key.pk.starts_with(name));
    let relayed: HashSet<&str> = all.iter().filter(is_relayed).map(|key| key.pk.as_str()).collect();
    let posts = running.endpoint.keys().iter().filter(|key| relayed.contains(key.as_str())).count();
    let posts_expected = relayed.len();

    let mut good = letters == letters_expected as u64 && posts == posts_expected;
    let rows: Vec<Vec<String>> = cases
        .iter()
        .zip(&outcomes)
        .map(|(case, outcome)| {
            let (answered, answer_good) = answered(case, outcome);
            let (became, fate_good) = became(case, &fates);
            good &= answer_good && fate_good;
            let verdict = if answer_good && fate_good { "ok" } else { "NOT AS IT MUST BE" };
            vec![case.what.clone(), answered, became, verdict.to_owned()]
        })
        .collect();
    let mut text = table::layout(&["sent", "answered", "became", ""], &rows);
    text += &format!("\ndead-letter queue: {letters} new, {letters_expected} expected\n");
    text += &format!("posted on to an endpoint: {posts}, {posts_expected} expected\n");
    if let (Some(case), Some(outcome)) = (cases.last(), outcomes.last()) {
        text += &speed(case, outcome, at_once, settled_in);
    }
    Ok((text, good))
}

fn nothing() -> Fate {
    Fate { status: "nothing".to_owned(), reason: None }
}

fn done() -> Fate {
    Fate { status: "done".to_owned(), reason: None }
}

/// Everything that is sent, the burst last.
fn cases(running: &Running, played: &[&Source], burst: u32) -> Result<Vec<Case>, CliError> {
    let gateway = running.stack.gateway_url();
    let draft = |source: &'_ Source, tamper, body: Option<&str>| {
        let draft = Draft {
            source,
            base_url: &gateway,
            event_id: random_id(),
            body: body.map(|body| body.as_bytes().to_vec()),
            content_type: None,
            tamper,
            now_ms: clock::now_ms(),
        };
        draft.sign()
    };
    let named = |name: &str| {
        let source = webhook::sources::by_name(&running.sources, name).filter(|source| !source.provider.is_custom());
        source.ok_or_else(|| CliError::failed(format!("the demo needs the source {name:?} in sources.toml")))
    };
    let case = |what: &str, deliveries, status, fate| Case {
        what: what.to_owned(),
        deliveries,
        answer: Expected { status, body: None },
        fate,
    };
    let dead = |reason: &str| Fate { status: "dead".to_owned(), reason: Some(reason.to_owned()) };

    let mut cases = Vec::new();
    for source in played {
        let what = format!("{}: a {} delivery", source.name, source.provider.name);
        cases.push(case(&what, vec![draft(source, None, None)?], 200, done()));
    }
    let (github, stripe, slack, svix) = (named("github")?, named("stripe")?, named("slack")?, named("svix")?);
    let duplicates = vec![draft(github, None, None)?; 50];
    cases.push(case("github: the same delivery 50 times at once", duplicates, 200, done()));
    let tampered = vec![draft(github, Some(Tamper::Body), None)?];
    cases.push(case("github: one byte of the body changed", tampered, 403, nothing()));
    cases.push(case("github: no signature", vec![draft(github, Some(Tamper::Unsigned), None)?], 401, nothing()));
    cases.push(case(
        "svix: signed with another secret",
        vec![draft(svix, Some(Tamper::Secret), None)?],
        403,
        nothing(),
    ));
    cases.push(case("stripe: signed an hour ago", vec![draft(stripe, Some(Tamper::Stale), None)?], 403, nothing()));
    cases.push(case("slack: signed an hour ahead", vec![draft(slack, Some(Tamper::Future), None)?], 403, nothing()));
    let mut lost = draft(github, None, None)?;
    lost.url = hook_url(&gateway, "nobody");
    cases.push(case("to a source that there is not", vec![lost], 404, nothing()));
    let challenge = draft(slack, None, Some(r#"{"type":"url_verification","challenge":"3eZbrw1a"}"#))?;
    let mut handshake = case("slack: url_verification", vec![challenge], 200, nothing());
    handshake.answer.body = Some("3eZbrw1a".to_owned());
    cases.push(handshake);
    let poison = draft(github, None, Some("{\"signed\": \"but cut off"))?;
    cases.push(case("github: signed, but no JSON", vec![poison], 200, dead("contract_violated")));
    let sources = played.iter().cycle().take(burst as usize);
    let burst: Result<Vec<Delivery>, CliError> = sources.map(|source| draft(source, None, None)).collect();
    let burst = burst?;
    cases.push(case(&format!("a burst of {}", burst.len()), burst, 200, done()));
    Ok(cases)
}

#[expect(clippy::disallowed_methods, reason = "the rate of the burst is measured here")]
async fn post(poster: &Poster, case: &Case, at_once: usize, progress: &ProgressBar) -> Result<Outcome, CliError> {
    let started = std::time::Instant::now();
    let posts = stream::iter(&case.deliveries).map(|delivery| poster.post(delivery)).buffer_unordered(at_once);
    let answers: Vec<_> = posts.inspect(|_| progress.inc(1)).collect().await;
    let took = started.elapsed();
    Ok(Outcome { answers: answers.into_iter().collect::<Result<_, _>>()?, took })
}

/// Waits until every event is settled, and says how long that took from now; `None` when time was up.
#[expect(clippy::disallowed_methods, reason = "waiting for the stack is bounded here")]
async fn settle(running: &Running, keys: &[Key]) -> Result<Option<Duration>, CliError> {
    let started = std::time::Instant::now();
    let progress = progress("settled", keys.len());
    let mut left: Vec<Key> = keys.to_vec();
    loop {
        let fates = running.account.fates(&left).await?;
        left.retain(|key| !fates.get(key).is_some_and(|fate| matches!(&*fate.status, "done" | "dead")));
        progress.set_position((keys.len() - left.len()) as u64);
        if left.is_empty() {
            progress.finish();
            return Ok(Some(started.elapsed()));
        }
        if started.elapsed() > SETTLE_MAX {
            progress.abandon();
            return Ok(None);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn progress(what: &'static str, length: usize) -> ProgressBar {
    // OK because the template is a literal that the demo's own test runs.
    let style = ProgressStyle::with_template("{msg:8} {wide_bar} {pos}/{len}").expect("a progress template");
    ProgressBar::new(length as u64).with_style(style).with_message(what)
}

/// The distinct rows of a case.
fn keys(case: &Case) -> Vec<Key> {
    let known = |delivery: &Delivery| {
        let parts = delivery.parts.iter().filter_map(|part| part.key.clone());
        delivery.key.iter().cloned().chain(parts).collect::<Vec<_>>()
    };
    let mut keys: Vec<Key> = case.deliveries.iter().flat_map(known).collect();
    keys.dedup();
    keys
}

fn answered(case: &Case, outcome: &Outcome) -> (String, bool) {
    let mut counts: HashMap<u16, usize> = HashMap::new();
    outcome.answers.iter().for_each(|answer| *counts.entry(answer.status).or_default() += 1);
    let mut parts: Vec<String> = counts
        .iter()
        .map(|(status, count)| if *count == 1 { status.to_string() } else { format!("{count} x {status}") })
        .collect();
    parts.sort();
    let body_good = case.answer.body.as_ref().is_none_or(|body| outcome.answers.iter().all(|a| a.body == *body));
    if case.answer.body.is_some() && body_good {
        parts.push("and its challenge".to_owned());
    }
    let good = outcome.answers.iter().all(|answer| answer.status == case.answer.status) && body_good;
    (parts.join(" "), good)
}

fn became(case: &Case, fates: &HashMap<Key, Fate>) -> (String, bool) {
    let keys = keys(case);
    let nothing = nothing();
    let found: Vec<&Fate> = keys.iter().map(|key| fates.get(key).unwrap_or(&nothing)).collect();
    let right = found.iter().filter(|fate| ***fate == case.fate).count();
    let good = right == keys.len();
    let words = match (&*case.fate.status, &case.fate.reason) {
        ("nothing", _) if good => "nothing".to_owned(),
        (_, Some(reason)) => format!("{right} dead: {reason}"),
        (status, None) => format!("{right} {status}"),
    };
    (if good { words } else { format!("{words} of {}", keys.len()) }, good)
}

/// The burst's rate and how long its acknowledgements took.
fn speed(case: &Case, outcome: &Outcome, at_once: usize, settled_in: Option<Duration>) -> String {
    let mut took_ms: Vec<f64> = outcome.answers.iter().map(|answer| answer.took.as_secs_f64() * 1000.0).collect();
    took_ms.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let index = (took_ms.len() as f64 * share) as usize;
        took_ms.get(index.min(took_ms.len().saturating_sub(1))).copied().unwrap_or(0.0)
    };
    let posted_s = outcome.took.as_secs_f64();
    let settled = settled_in.map_or("not all settled in time".to_owned(), |after| {
        let s = posted_s + after.as_secs_f64();
        format!("all settled {s:.2} s after the first was sent ({:.0}/s)", case.deliveries.len() as f64 / s)
    });
    format!(
        "burst: {} acknowledged in {posted_s:.2} s ({:.0}/s), {at_once} at once, ack p50 {:.1} ms, p99 {:.1} ms; {settled}\n",
        case.deliveries.len(),
        case.deliveries.len() as f64 / posted_s,
        at(0.50),
        at(0.99),
    )
}
