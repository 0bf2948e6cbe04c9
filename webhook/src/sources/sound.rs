//! Whether a scheme can verify anything, and whether what it verifies is worth it. Each word of it is right by itself.

use super::custom::{WrittenScheme, WrittenTimestamp};
use super::place::is_in_body;
use super::signed::{always, ever, lists};

/// A mistake, with the key that it is told at.
type Told = (&'static str, String);

/// What a scheme says of itself that cannot be, or had better not be. `covers_body` is what its author says.
pub(super) fn mistakes(scheme: &WrittenScheme, covers_body: bool) -> Vec<Told> {
    let mut told = Vec::new();
    told.extend(written(scheme));
    told.extend(list(scheme));
    told.extend(key(scheme));
    if scheme.kind == "token" {
        return told;
    }
    told.extend(secret(scheme));
    told.extend(scheme.timestamp.as_ref().and_then(|time| timestamp(scheme, time)));
    if scheme.timestamp.is_none() && ever(&scheme.signed, "timestamp") {
        let message =
            "{timestamp} is signed, and there is no timestamp, expected timestamp = { place = \"header:NAME\" }";
        told.push(("signed", message.to_owned()));
    }
    told.extend(something(scheme));
    told.extend(itself(scheme));
    told.extend(scheme.body_hash.as_ref().and_then(|place| body_hash(scheme, place)));
    told.extend(body(scheme, covers_body));
    told
}

/// How a signature is written.
fn written(scheme: &WrittenScheme) -> Option<Told> {
    let WrittenScheme { kind, encoding, .. } = scheme;
    (encoding == "utf8" && kind != "token").then(|| {
        let message = format!("a signature of kind {kind:?} is bytes, expected \"hex\", \"base64\" or \"base64url\"");
        ("encoding", message)
    })
}

/// How a list of signatures is taken apart.
fn list(scheme: &WrittenScheme) -> Option<Told> {
    let WrittenScheme { prefix, encoding, .. } = scheme;
    if prefix.starts_with(char::is_whitespace) {
        return Some(("prefix", "begins with white space, which is cut off before".to_owned()));
    }
    let separator = scheme.split?;
    let of_signature = match encoding.as_str() {
        "base64" => "+/",
        "base64url" => "-_",
        _ => "",
    };
    if separator.is_ascii_alphanumeric() || of_signature.contains(separator) {
        return Some(("split", format!("{separator:?} can be part of a signature, expected what stands between two")));
    }
    prefix.contains(separator).then(|| ("prefix", format!("holds {separator:?}, which splits the list before")))
}

/// How the key is written. A public key is bytes, and its wrapping says for which kind.
fn key(scheme: &WrittenScheme) -> Option<Told> {
    let (kind, decode) = (scheme.kind.as_str(), scheme.key.decode.as_str());
    let known: &[&str] = match kind {
        "ed25519" => &["hex", "base64", "base64url"],
        "ecdsa-p256" => &["spki-p256", "jwk-p256", "hex", "base64", "base64url"],
        "rsa" => &["spki-rsa", "hex", "base64", "base64url"],
        _ => &["utf8", "ascii", "hex", "base64", "base64url"],
    };
    (!known.contains(&decode)).then(|| {
        ("key", format!("decode = {decode:?} makes no key of kind {kind:?}, expected one of {}", known.join(", ")))
    })
}

/// A hash without a secret, anybody can make; and public keys have none.
fn secret(scheme: &WrittenScheme) -> Option<Told> {
    let message = match scheme.kind.as_str() {
        "hash" if !always(&scheme.signed, "secret") => {
            "a bare hash without {secret} can be made by anybody, expected it outside of [brackets]".to_owned()
        }
        kind @ ("ed25519" | "ecdsa-p256" | "rsa") if ever(&scheme.signed, "secret") => {
            format!("{{secret}} is signed, and kind {kind:?} has a public key, expected no such part")
        }
        _ => return None,
    };
    Some(("signed", message))
}

/// A time that nobody signed proves nothing.
fn timestamp(scheme: &WrittenScheme, time: &WrittenTimestamp) -> Option<Told> {
    if let Some(item) = &time.item {
        let message = match scheme.split {
            None => {
                "an item stands in a list, and the signature has no split, expected split = \",\" or such".to_owned()
            }
            Some(separator) if item.contains(separator) => {
                format!("item holds {separator:?}, which splits the list before")
            }
            Some(_) if item.is_empty() || item.starts_with(char::is_whitespace) => {
                "item is blank or begins with white space, expected what the time's item begins with: \"t=\"".to_owned()
            }
            Some(_) if scheme.prefix.starts_with(item.as_str()) => {
                format!("item = {item:?} begins the signature, too, expected what only the time's item begins with")
            }
            Some(_) => return unsigned_time(scheme, time),
        };
        return Some(("timestamp", message));
    }
    if let Some(place) = time.place.iter().find(|place| scheme.signature.contains(place)) {
        let message = format!("place {place:?} holds the signature, expected item = \"t=\" for a time inside of it");
        return Some(("timestamp", message));
    }
    unsigned_time(scheme, time)
}

fn unsigned_time(scheme: &WrittenScheme, time: &WrittenTimestamp) -> Option<Told> {
    let in_body = time.item.is_none() && time.place.iter().all(|place| is_in_body(place)) && covers_bytes(scheme);
    let listed = time.item.is_none() && time.place.iter().all(|place| lists(&scheme.signed, place));
    (!always(&scheme.signed, "timestamp") && !in_body && !listed).then(|| {
        let message = "is not signed and proves nothing, expected {timestamp} in signed, outside of [brackets]";
        ("timestamp", message.to_owned())
    })
}

/// A template that asks for nothing of the request signs the same for ever: that is a token.
fn something(scheme: &WrittenScheme) -> Option<Told> {
    let parts = scheme.signed.split('{').skip(1).filter(|part| !part.starts_with("secret}"));
    (parts.count() == 0).then(|| {
        let message =
            "covers nothing of a request, expected {body} or such, or kind = \"token\" for a secret that is sent along";
        ("signed", message.to_owned())
    })
}

/// No signature covers itself.
fn itself(scheme: &WrittenScheme) -> Option<Told> {
    let signed = &scheme.signed;
    let covered = |place: &&String| {
        let around = (is_in_body(place)
            && ["body", "form_sorted", "parameters_sorted"].iter().any(|part| ever(signed, part)))
            || (place.starts_with("query:")
                && ["url", "target", "parameters_sorted"].iter().any(|part| ever(signed, part)));
        around || ever(signed, place)
    };
    let place = scheme.signature.iter().find(covered)?;
    Some(("signed", format!("covers {place}, where the signature itself lies, so that none can ever fit")))
}

/// The hash stands for the body only where it is signed, and there whenever the rest is.
fn body_hash(scheme: &WrittenScheme, place: &str) -> Option<Told> {
    if is_in_body(place) {
        return Some(("body_hash", "no body holds its own hash, expected a place such as \"query:NAME\"".to_owned()));
    }
    // A form may come without its hash: then its parameters have to be signed.
    let in_url = place.starts_with("query:") && always(&scheme.signed, "url") && always(&scheme.signed, "form_sorted");
    (!in_url && !always(&scheme.signed, place)).then(|| {
        let message = format!("{place} is not signed, expected {{{place}}} in signed, outside of [brackets]");
        ("body_hash", message)
    })
}

/// What is let in has to be what was signed, unless its author says that it is not.
fn body(scheme: &WrittenScheme, covers: bool) -> Option<Told> {
    let around = scheme.each.is_some();
    match (covers, covers_bytes(scheme) && !around) {
        (true, false) if around => Some((
            "each",
            "items are signed one by one, so that they can be mixed anew, and nothing around them is, expected covers_body = false to say so".to_owned(),
        )),
        (true, false) => Some((
            "signed",
            "covers nothing of the body, expected {body} or {form_sorted} outside of [brackets], or covers_body = false: any body would be let in beside a signature that was seen once".to_owned(),
        )),
        (false, true) => Some(("covers_body", "is false, and the body is signed, expected no such key".to_owned())),
        _ => None,
    }
}

/// Whether no byte of the body, or of an item, can change. A checksum such as `{crc32}` is easily met by another body.
fn covers_bytes(scheme: &WrittenScheme) -> bool {
    ["body", "form_sorted", "parameters_sorted"].iter().any(|part| always(&scheme.signed, part))
        || scheme.body_hash.is_some()
}
