//! `tidegate providers`: what is known of each provider, as a table.

use std::process::ExitCode;

use webhook::field::Field;
use webhook::handshake::Handshake;
use webhook::jwt::{Is, Jwt};
use webhook::provider::{self, Confirmed, Provider};
use webhook::scheme::{Encoding, Hash, Kind, Scheme};
use webhook::sources::{self, Source};

use crate::dead::print;
use crate::{CliError, bundle, table};

/// List the providers: how they sign, what is tolerated, what the secret is, where the event's id lies, and how we know
///
/// Those that sources.toml describes itself come last. A list is shortened to fit a terminal; of a single provider all is
/// shown.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Only those whose name contains this; for a source of sources.toml, its provider
    name: Option<String>,
    /// Print all of each, however long its line becomes
    #[arg(long)]
    wide: bool,
    /// Print the page docs/providers.md
    #[arg(long, conflicts_with = "name")]
    markdown: bool,
}

const TITLES: [&str; 7] =
    ["provider", "signed", "tolerance", "the secret is", "the event's id", "handshake", "confirmed by"];
/// The columns that a terminal has room for, and of how many characters each is at most.
const SHORT: [(usize, usize); 5] = [(0, 21), (1, 25), (2, 8), (3, 34), (4, 24)];

/// Prints the table.
///
/// # Errors
/// When no provider has such a name.
pub fn run(options: &Options) -> Result<ExitCode, CliError> {
    if options.markdown {
        return print::text(&document()).map(|()| ExitCode::SUCCESS);
    }
    // A mistake in the file is no reason to keep from its author how others are written.
    let sources = bundle::read_sources().unwrap_or_else(|error| {
        eprintln!("without the schemes of your own: {error}");
        Vec::new()
    });
    let rows = rows(&sources, options.name.as_deref());
    match &rows[..] {
        [] => {
            let name = options.name.as_deref().unwrap_or_default();
            let wrong = format!(
                "no provider's name contains {name:?}, and no source is called so; without a name, all are listed"
            );
            return Err(CliError::Usage(wrong));
        }
        [only] if !options.wide => print::text(&table::layout(&["", &only[0]], &facts(only)))?,
        _ if options.wide => print::text(&table::layout(&TITLES, &rows))?,
        _ => print::text(&short(&rows))?,
    }
    match rows.len() {
        1 => eprintln!("1 provider"),
        many if options.wide => eprintln!("{many} providers"),
        many => eprintln!("{many} providers, in short; a name shows all of one, --wide all of all"),
    }
    Ok(ExitCode::SUCCESS)
}

/// The rows of the providers whose names contain this one; for a source of sources.toml, that of its provider.
fn rows(sources: &[Source], name: Option<&str>) -> Vec<Vec<String>> {
    let own = sources.iter().map(|source| source.provider).filter(|provider| provider.is_custom());
    let all: Vec<&Provider> = provider::ALL.iter().copied().chain(own).collect();
    let named = |name: &str| all.iter().copied().filter(|provider| provider.name.contains(name)).collect();
    let source = name.and_then(|name| sources::by_name(sources, name));
    let wanted: Vec<&Provider> = match (name, source) {
        // A source that goes by the name of a row is of it, as a rule; all that are called so are shown.
        (Some(name), Some(source)) if source.provider.name != name => vec![source.provider],
        (Some(name), _) => named(name),
        (None, _) => all,
    };
    wanted.into_iter().map(row).collect()
}

/// What is said of one provider, one below the other.
fn facts(row: &[String]) -> Vec<Vec<String>> {
    TITLES.iter().zip(row).skip(1).map(|(title, cell)| vec![(*title).to_owned(), cell.clone()]).collect()
}

/// The table as a terminal has room for it.
fn short(rows: &[Vec<String>]) -> String {
    let titles = SHORT.map(|(column, _)| TITLES[column]);
    let cells = |row: &Vec<String>| SHORT.iter().map(|(column, width)| cut(&row[*column], *width)).collect();
    table::layout(&titles, &rows.iter().map(cells).collect::<Vec<_>>())
}

/// The beginning of a text, with dots where something follows.
fn cut(text: &str, width: usize) -> String {
    match text.char_indices().nth(width) {
        None => text.to_owned(),
        Some(_) => text.chars().take(width - 3).chain("...".chars()).collect(),
    }
}

const INTRODUCTION: &str = "# Providers

What `tidegate providers` knows of each: `cargo run -- providers --markdown > docs/providers.md` writes this page.

- *signed*: what the signature covers. Where `{body}` or `{form_sorted}` is not among it, the body is not authenticated.
  Where fields of it are, `{json:/...}`, those alone are; and `{crc32}` holds off chance, not whoever makes another body of the same sum.
  A bare hash can be extended by whoever has one: choose a newer version of such a scheme where there is one.
- *the secret is*: what the provider calls that which goes into the source's secret, and how it is written. Several are one a line.
- *tolerance*: how far the signed time may lie from the time of receipt, either way; for a token, how far its times may be off.
- *the event's id*: what makes two deliveries the same event, unless a source says otherwise. The first that is there counts; without any, it is the hash of the body.
  *what is signed of the body* swallows a second genuine event with an equal body within the window; *each delivery counts* acts twice on one that the provider sends twice.
- *handshake*: requests that are answered at once, and not queued; *confirm* asks for a visit to a URL, which `confirm = true` has done.
- *confirmed by*: who made or judged the vectors in `webhook/tests/vectors/`.

X (Twitter) has no row; ARCHITECTURE.md says why, under *A provider is a row of data*.

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
        secret(provider),
        id(provider),
        handshakes(provider),
        confirmed(provider.confirmed).to_owned(),
    ]
}

/// What the secret is, and how it is written where that is not the text as the provider shows it.
fn secret(provider: &Provider) -> String {
    let Provider { secret_is, scheme, .. } = provider;
    let is_plain = matches!(scheme.key.decode, Encoding::Utf8) && scheme.key.strip.is_empty();
    match (*secret_is, scheme.kind) {
        (_, _) if scheme.key.named.is_some() => (*secret_is).to_owned(),
        ("", Kind::Ed25519) => format!("a public key, {}", scheme.key.words()),
        ("", _) if is_plain => "the secret as shown".to_owned(),
        ("", _) => format!("the secret, {}", scheme.key.words()),
        (is, _) if is_plain => is.to_owned(),
        (is, _) => format!("{is}, {}", scheme.key.words()),
    }
}

fn tolerance(scheme: &Scheme) -> Option<u32> {
    match scheme.kind {
        Kind::Jwt(rules) => Some(rules.leeway_s).filter(|leeway_s| *leeway_s > 0),
        _ => scheme.timestamp.map(|rule| rule.tolerance_s),
    }
}

/// What is signed, and how.
pub(crate) fn signed(scheme: &Scheme) -> String {
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

fn handshakes(provider: &Provider) -> String {
    let name =
        |handshake: &Handshake| format!("{}{}", handshake.method, if handshake.signed { ", signed" } else { "" });
    let confirm = provider.confirmation.map(|_| "confirm, signed".to_owned());
    let all: Vec<String> = provider.handshakes.iter().map(name).chain(confirm).collect();
    if all.is_empty() { "-".to_owned() } else { all.join("; ") }
}

fn confirmed(by: Confirmed) -> &'static str {
    match by {
        Confirmed::Sdk => "its SDK",
        Confirmed::Docs => "its documentation",
        Confirmed::ThirdParty => "an implementation of others",
        Confirmed::SourcesToml => "your sources.toml",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_fits_a_terminal_and_no_name_is_cut() {
        let rows = rows(&[], None);
        let table = short(&rows);
        for line in table.lines() {
            assert!(line.chars().count() <= 120, "{line}");
        }
        for (provider, line) in provider::ALL.iter().zip(table.lines().skip(2)) {
            assert!(line.starts_with(provider.name) && rows.len() == provider::ALL.len(), "{line}");
        }
    }

    #[test]
    fn a_source_shows_its_provider_and_a_part_of_a_name_all_that_have_it() {
        let text = "[orders]\nprovider = \"shopify\"\nsecrets = [\"env:S\"]\n";
        let sources = sources::parse(text).unwrap();
        let names = |name| rows(&sources, Some(name)).into_iter().map(|row| row[0].clone()).collect::<Vec<_>>();
        assert_eq!(names("orders"), ["shopify"]);
        assert_eq!(names("hubspot"), ["hubspot", "hubspot-v1", "hubspot-v2"]);
        assert!(names("nobody").is_empty());
    }

    #[test]
    fn what_to_put_as_the_secret_is_said_of_every_provider() {
        let said = |name: &str| secret(provider::by_name(name).unwrap());
        assert_eq!(said("github"), "the secret as shown");
        assert_eq!(said("svix"), "the secret, base64 after whsec_");
        assert_eq!(said("aws-sns"), "the topic's ARN");
        assert_eq!(said("discord"), "the application's public key, hex");
        assert_eq!(said("braintree"), "the public key, | and the private key");
    }
}
