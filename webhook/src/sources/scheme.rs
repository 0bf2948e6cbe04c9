//! The table `scheme` of a source: how a provider signs that is no row of ours.

use std::ops::Range;

use super::custom::{WrittenKey, WrittenScheme, WrittenTimestamp};
use super::place::{is_pointer, joined, place};
use super::reader::{Reader, Table, Value, entry, find};
use super::vocabulary::{ENCODINGS, HASHES, KINDS, UNITS};
use super::words::unknown;
use super::{signed, sound};
use crate::key_prefix;

const KEYS: [&str; 13] = [
    "kind",
    "hash",
    "key",
    "signature",
    "split",
    "prefix",
    "encoding",
    "signed",
    "timestamp",
    "body_hash",
    "each",
    "separator",
    "covers_body",
];
const TIMESTAMP_KEYS: [&str; 4] = ["place", "item", "unit", "tolerance_s"];
const KEY_KEYS: [&str; 2] = ["strip", "decode"];

const TOLERANCE_S: u32 = 300;
/// A day: whoever signs again for each attempt needs no more.
const TOLERANCE_S_MAX: u32 = 86_400;

/// What a kind says already, or has no use for.
fn left_out(kind: &str) -> (&'static [&'static str], &'static str) {
    match kind {
        "token" => (&["hash", "signed", "timestamp", "body_hash", "separator", "covers_body"], "a token signs nothing"),
        "basic" => (
            &KEYS[1..],
            "basic authentication stands in the header authorization and signs nothing, its secret is \"user:password\"",
        ),
        "ed25519" | "ecdsa-p256" => (&["hash"], "the kind says which"),
        _ => (&[], ""),
    }
}

impl Reader<'_> {
    /// Reads the table. What its words say together is looked at once each of them is right.
    pub(super) fn scheme(&mut self, span: Range<usize>, value: &Value<'_>) -> Option<WrittenScheme> {
        let before = self.count();
        let table = self.table(value, "scheme")?;
        self.known_keys(table, "key of scheme", &KEYS);
        let kind = find(table, "kind").map_or(Some("hmac"), |value| self.kind(value));
        // Where the kind is no word, the rest is read as the kind that has every key.
        let kind = kind.unwrap_or("hmac");
        let (needless, why) = left_out(kind);
        for key in needless {
            if let Some((span, _)) = entry(table, key) {
                self.mistake(span, format!("{key}: {why}, expected no such key"));
            }
        }
        if kind == "basic" {
            return (self.count() == before).then(basic);
        }
        let hash = self.hashes(table, kind);
        let signature = match find(table, "signature") {
            Some(value) => self.places(value, "signature"),
            None => {
                let message = "scheme has no signature, expected its place such as signature = \"header:x-signature\"";
                self.wrong(span.clone(), message)
            }
        };
        let split = find(table, "split").map(|value| self.character(value, "split"));
        let prefix = find(table, "prefix").map_or(Some(""), |value| self.string(value, "prefix"));
        let encoding = match find(table, "encoding") {
            // The last of them is for keys only.
            Some(value) => self.word(value, "encoding", &["hex", "base64", "base64url", "utf8"]),
            None => Some(if kind == "token" { "utf8" } else { "hex" }),
        };
        let signed = find(table, "signed").map_or(Some("{body}"), |value| self.template(value));
        let timestamp = entry(table, "timestamp").map(|(span, value)| self.timestamp(span, value));
        let body_hash = find(table, "body_hash").map(|value| self.one_place(value, "body_hash"));
        let each = find(table, "each").map(|value| self.pointer(value, "each"));
        let separator = find(table, "separator").map(|value| self.separator(value, signed.unwrap_or_default()));
        let covers_body = find(table, "covers_body").map(|value| self.boolean(value, "covers_body"));
        let key = self.key(table, kind, span.clone());
        if self.count() > before {
            return None;
        }
        let scheme = WrittenScheme {
            kind: kind.to_owned(),
            hash: hash?,
            signature: signature?,
            split: split.flatten(),
            prefix: prefix?.to_owned(),
            encoding: encoding?.to_owned(),
            signed: signed?.to_owned(),
            timestamp: timestamp.flatten(),
            body_hash: body_hash.flatten(),
            each: each.flatten(),
            separator: separator.flatten(),
            key: key?,
        };
        for (key, message) in sound::mistakes(&scheme, covers_body.flatten().unwrap_or(true)) {
            let span = entry(table, key).map_or(span.clone(), |(span, _)| span);
            self.mistake(span, format!("{key}: {message}"));
        }
        (self.count() == before).then_some(scheme)
    }

    /// The kind of signature. Many write its hash behind it, and here that has a key of its own.
    fn kind(&mut self, value: &Value<'_>) -> Option<&'static str> {
        let text = self.string(value, "kind")?;
        let parts = text.split_once(['-', '_']).map(|(kind, hash)| (kind, hash.replace(['-', '_'], "")));
        match parts {
            Some((kind, hash))
                if ["hmac", "hash", "rsa"].contains(&kind) && HASHES.iter().any(|(word, _)| *word == hash) =>
            {
                self.wrong(
                    value.span(),
                    format!("kind: {text:?} is two keys here, kind = {kind:?} and hash = {hash:?}"),
                )
            }
            _ => self.word(value, "kind", &KINDS),
        }
    }

    /// The hashes of a kind that has a choice: one, or for RSA any of several.
    fn hashes(&mut self, table: &Table<'_>, kind: &str) -> Option<Vec<String>> {
        let known = HASHES.map(|(word, _)| word);
        match (find(table, "hash"), kind) {
            (_, "ed25519" | "ecdsa-p256" | "token") => Some(Vec::new()),
            (None, _) => Some(vec!["sha256".to_owned()]),
            (Some(value), "rsa") => {
                let read = |word: &str| match known.contains(&word) {
                    true => Ok(word.to_owned()),
                    false => Err(unknown("hash", word, &known)),
                };
                let hashes = self.one_or_many(value, "hash", read)?;
                let some = (!hashes.is_empty()).then_some(hashes);
                some.or_else(|| self.wrong(value.span(), "hash: expected at least one such as \"sha256\""))
            }
            (Some(value), _) => Some(vec![self.word(value, "hash", &known)?.to_owned()]),
        }
    }

    pub(super) fn pointer(&mut self, value: &Value<'_>, key: &str) -> Option<String> {
        let text = self.string(value, key)?;
        if text.is_empty() || is_pointer(text) {
            return Some(text.to_owned());
        }
        let message =
            format!("{key}: {text:?}, expected a JSON pointer such as \"/items\" (RFC 6901), or \"\" for the whole");
        self.wrong(value.span(), message)
    }

    /// Places, at least one.
    pub(super) fn places(&mut self, value: &Value<'_>, key: &str) -> Option<Vec<String>> {
        self.some_places(value, key, place)
    }

    /// Places of ids, at least one; each may be several together.
    pub(super) fn id_places(&mut self, value: &Value<'_>, key: &str) -> Option<Vec<String>> {
        self.some_places(value, key, joined)
    }

    fn some_places(
        &mut self,
        value: &Value<'_>,
        key: &str,
        read: fn(&str) -> Result<String, String>,
    ) -> Option<Vec<String>> {
        let places = self.one_or_many(value, key, read)?;
        match places.is_empty() {
            true => self.wrong(value.span(), format!("{key}: expected at least one place such as \"header:x-id\"")),
            false => Some(places),
        }
    }

    pub(super) fn one_place(&mut self, value: &Value<'_>, key: &str) -> Option<String> {
        let text = self.string(value, key)?;
        place(text).map_err(|message| self.mistake(value.span(), format!("{key}: {message}"))).ok()
    }

    pub(super) fn character(&mut self, value: &Value<'_>, key: &str) -> Option<char> {
        let mut chars = self.string(value, key)?.chars();
        match (chars.next(), chars.next()) {
            (Some(separator), None) => Some(separator),
            _ => self.wrong(value.span(), format!("{key}: expected one character such as \",\"")),
        }
    }

    fn template<'v>(&mut self, value: &'v Value<'_>) -> Option<&'v str> {
        let text = self.string(value, "signed")?;
        signed::check(text).map_err(|message| self.mistake(value.span(), format!("signed: {message}"))).ok()?;
        Some(text)
    }

    fn timestamp(&mut self, span: Range<usize>, value: &Value<'_>) -> Option<WrittenTimestamp> {
        let table = self.table(value, "timestamp")?;
        self.known_keys(table, "key of timestamp", &TIMESTAMP_KEYS);
        let place = find(table, "place").map(|value| self.places(value, "timestamp.place"));
        let item = find(table, "item").map(|value| self.string(value, "timestamp.item"));
        if place.is_some() == item.is_some() {
            let message =
                "timestamp: expected either place = \"header:NAME\", or item = \"t=\" for one in the signature's list";
            self.mistake(span, message);
        }
        let unit =
            find(table, "unit").map_or(Some("s"), |value| self.word(value, "unit", &UNITS.map(|(word, _)| word)));
        let tolerance_s = find(table, "tolerance_s")
            .map_or(Some(TOLERANCE_S), |value| self.whole_number(value, "tolerance_s", 1, TOLERANCE_S_MAX));
        Some(WrittenTimestamp {
            place: place.map_or(Some(Vec::new()), |place| place)?,
            item: item.flatten().map(str::to_owned),
            unit: unit?.to_owned(),
            tolerance_s: tolerance_s?,
        })
    }

    fn key(&mut self, scheme: &Table<'_>, kind: &str, span: Range<usize>) -> Option<WrittenKey> {
        let (mut strip, mut decode) = (Some(Vec::new()), None);
        if let Some(value) = find(scheme, "key") {
            let table = self.table(value, "key")?;
            self.known_keys(table, "key of key", &KEY_KEYS);
            strip = find(table, "strip").map_or(strip, |value| self.one_or_many(value, "key.strip", prefix));
            decode =
                find(table, "decode").map(|value| self.word(value, "key.decode", &ENCODINGS.map(|(word, _)| word)));
        }
        let decode = match (decode, kind) {
            (Some(decode), _) => decode,
            (None, "ecdsa-p256") => Some("spki-p256"),
            (None, "rsa") => Some("spki-rsa"),
            (None, "ed25519") => {
                let message = "key: how is the public key written? expected key = { decode = \"hex\" } or \"base64\"";
                self.wrong(span, message)
            }
            (None, _) => Some("utf8"),
        };
        Some(WrittenKey { strip: strip?, decode: decode?.to_owned() })
    }
}

fn prefix(text: &str) -> Result<String, String> {
    match text {
        "" => Err("an empty text is no prefix".to_owned()),
        _ if !key_prefix::ends(text) => {
            Err(format!("{text:?}, expected one * at most, with a separator behind it as in \"signkey-*-\""))
        }
        _ => Ok(text.to_owned()),
    }
}

/// Basic authentication (RFC 7617); the secret is written `user:password`.
fn basic() -> WrittenScheme {
    WrittenScheme {
        kind: "token".to_owned(),
        hash: Vec::new(),
        signature: vec!["header:authorization".to_owned()],
        split: None,
        prefix: "Basic ".to_owned(),
        encoding: "base64".to_owned(),
        signed: "{body}".to_owned(),
        timestamp: None,
        body_hash: None,
        each: None,
        separator: None,
        key: WrittenKey { strip: Vec::new(), decode: "utf8".to_owned() },
    }
}
