//! `tidegate providers`: what is known of each provider, as a table.

use std::process::ExitCode;

use webhook::field::Field;
use webhook::handshake::Handshake;
use webhook::jwt::{Is, Jwt};
use webhook::provider::{self, Confirmed, Provider};
use webhook::scheme::{Hash, Kind, Scheme};

use crate::{CliError, bundle, table};

/// List the providers: how they sign, what is tolerated, where the event's id lies, and how we know
///
/// Those that sources.toml describes itself come last.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Only those whose name contains this
    name: Option<String>,
    /// Print the page docs/providers.md
    #[arg(long, conflicts_with = "name")]
    markdown: bool,
}

const TITLES: [&str; 6] = ["provider", "signed", "tolerance", "the event's id", "handshake", "confirmed by"];

/// Prints the table.
///
/// # Errors
/// When no provider has such a name.
#[expect(clippy::print_stdout, reason = "this is what the command is for")]
pub fn run(options: &Options) -> Result<ExitCode, CliError> {
    if options.markdown {
        print!("{}", document());
        return Ok(ExitCode::SUCCESS);
    }
    // A mistake in the file is no reason to keep from its author how others are written.
    let sources = bundle::read_sources().unwrap_or_else(|error| {
        eprintln!("without the schemes of your own: {error}");
        Vec::new()
    });
    let own = sources.iter().map(|source| source.provider).filter(|provider| provider.is_custom());
    let wanted = |provider: &&Provider| options.name.as_deref().is_none_or(|name| provider.name.contains(name));
    let rows: Vec<Vec<String>> = provider::ALL.iter().copied().chain(own).filter(wanted).map(row).collect();
    if rows.is_empty() {
        let name = options.name.as_deref().unwrap_or_default();
        return Err(CliError::Usage(format!("no provider's name contains {name:?}; without a name, all are listed")));
    }
    print!("{}", table::layout(&TITLES, &rows));
    eprintln!("{} providers", rows.len());
    Ok(ExitCode::SUCCESS)
}

const INTRODUCTION: &str = "# Providers

What `tidegate providers` knows of each: `cargo run -- providers --markdown > docs/providers.md` writes this page.

- *signed*: what the signature covers. Where `{body}` or `{form_sorted}` is not among it, the body is not authenticated.
  Where fields of it are, `{json:/...}`, those alone are; and `{crc32}` holds off chance, not whoever makes another body of the same sum.
  A bare hash can be extended by whoever has one: choose a newer version of such a scheme where there is one.
- *tolerance*: how far the signed time may lie from the time of receipt, either way; for a token, how far its times may be off.
- *the event's id*: what makes two deliveries the same event, unless a source says otherwise. The first that is there counts; without any, it is the hash of the body.
  *what is signed of the body* swallows a second genuine event with an equal body within the window; *each delivery counts* acts twice on one that the provider sends twice.
- *handshake*: requests that are answered at once, and not queued.
- *confirmed by*: who made or judged the vectors in `webhook/tests/vectors/`.

X (Twitter), Inngest and EasyPost have no row; ARCHITECTURE.md says why, under *A provider is a row of data*.

";

/// The page `docs/providers.md`.
pub fn document() -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let cell = |text: &String| if text == "-" { text.clone() } else { text.replace('|', "\\|") };
    let rows = provider::ALL.iter().map(|provider| line(row(provider).iter().map(cell).collect()));
    let titles = line(TITLES.iter().map(|title| (*title).to_owned()).collect());
    format!("{INTRODUCTION}{titles}|{}\n{}", "---|".repeat(TITLES.len()), rows.collect::<String>())
}

/// One row of the table.
fn row(provider: &Provider) -> Vec<String> {
    vec![
        provider.name.to_owned(),
        signed(&provider.scheme),
        tolerance(&provider.scheme).map_or("-".to_owned(), |tolerance_s| format!("{tolerance_s} s")),
        id(provider),
        handshakes(provider.handshakes),
        confirmed(provider.confirmed).to_owned(),
    ]
}

fn tolerance(scheme: &Scheme) -> Option<u32> {
    match scheme.kind {
        Kind::Jwt(rules) => Some(rules.leeway_s).filter(|leeway_s| *leeway_s > 0),
        _ => scheme.timestamp.map(|rule| rule.tolerance_s),
    }
}

fn signed(scheme: &Scheme) -> String {
    let hash = |hash| match hash {
        Hash::Sha1 => "SHA1",
        Hash::Sha256 => "SHA256",
        Hash::Sha384 => "SHA384",
        Hash::Sha512 => "SHA512",
    };
    let each = scheme.each.map_or_else(String::new, |items| format!(" of each item of json:{items}"));
    let wrapped = scheme.wrapped.map_or_else(String::new, |field| format!(" (in a form, the event is {field})"));
    let over = |kind: String| format!("{kind} of {}{wrapped}{each}", scheme.signed.escape_default());
    match scheme.kind {
        Kind::Hmac(of) => over(format!("HMAC-{}", hash(of))),
        Kind::Hash(of) => over(format!("bare {}, which can be extended,", hash(of))),
        Kind::Ed25519 => over("Ed25519".to_owned()),
        Kind::EcdsaP256 => over("ECDSA P-256".to_owned()),
        Kind::Rsa(of) => over(format!("RSA-{}", of.iter().copied().map(hash).collect::<Vec<_>>().join(" or RSA-"))),
        Kind::Jwt(rules) => token(rules, scheme),
        Kind::Token if scheme.signature.fields.iter().all(|field| matches!(field, Field::Json(_))) => {
            "nothing: a secret stands in the body, and goes on with it".to_owned()
        }
        Kind::Token => "nothing: a secret is sent along".to_owned(),
    }
}

fn token(rules: &Jwt, scheme: &Scheme) -> String {
    let names: Vec<&str> = rules.algorithms.iter().map(|algorithm| algorithm.name()).collect();
    let covered = match (scheme.covers_body(), scheme.covers_url()) {
        (true, true) => "the hash of {body} and of {url}",
        (true, false) => "the hash of {body}",
        // Of Atlassian alone, and the host is not among it.
        (false, true) if rules.claims.iter().any(|claim| claim.is == Is::QueryHash) => {
            "the hash of {method} and {target}, and nothing of the body"
        }
        (false, true) => "{url}, and nothing of the body",
        (false, false) => "nothing of the request",
    };
    format!("JSON Web Token ({}) with {covered}", names.join(", "))
}

fn id(provider: &Provider) -> String {
    use webhook::identity::Mode;
    match provider.identity {
        Mode::Body => "what is signed of the body".to_owned(),
        Mode::Delivery => "none: each delivery counts".to_owned(),
        Mode::Id => ids(provider),
        Mode::IdAndBody => format!("{}, with the body", ids(provider)),
    }
}

fn ids(provider: &Provider) -> String {
    provider.id.iter().map(Field::to_string).collect::<Vec<_>>().join(" or ")
}

fn handshakes(handshakes: &[Handshake]) -> String {
    if handshakes.is_empty() {
        return "-".to_owned();
    }
    let name =
        |handshake: &Handshake| format!("{}{}", handshake.method, if handshake.signed { ", signed" } else { "" });
    handshakes.iter().map(name).collect::<Vec<_>>().join("; ")
}

fn confirmed(by: Confirmed) -> &'static str {
    match by {
        Confirmed::Sdk => "its SDK",
        Confirmed::Docs => "its documentation",
        Confirmed::ThirdParty => "an implementation of others",
        Confirmed::SourcesToml => "your sources.toml",
    }
}
