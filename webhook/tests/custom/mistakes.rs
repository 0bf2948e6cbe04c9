//! What is told of a scheme that cannot be: each mistake with its line, its key and what would be right.

use webhook::scheme::{Encoding, Hash, Kind, Unit};
use webhook::sources::{self, Mistake, Source};
use webhook::{Field, Scheme};

/// A source whose scheme has these lines, the first of them line 5 of the file.
fn text(scheme: &str) -> String {
    format!("[acme]\nsecrets = [\"env:S\"]\nid = \"json:/id\"\n[acme.scheme]\n{scheme}\n")
}

#[track_caller]
fn check_file(text: &str, expected: &[&str]) {
    let told = sources::parse(text).map_or_else(|mistakes| mistakes, |_| Vec::new());
    assert_eq!(told.iter().map(Mistake::to_string).collect::<Vec<_>>(), expected, "{text}");
}

#[track_caller]
fn check(scheme: &str, expected: &[&str]) {
    check_file(&text(scheme), expected);
}

fn read(scheme: &str) -> Source {
    sources::parse(&text(scheme)).unwrap_or_else(|mistakes| panic!("{scheme}: {mistakes:?}")).remove(0)
}

const SIGNATURE: &str = "signature = \"header:x-sig\"\n";

#[test]
fn a_signature_is_all_that_an_hmac_of_the_body_needs() {
    let shown = format!("{:?}", read("signature = \"header:X-Acme-Signature\"").provider.scheme);
    let whole = "kind = \"hmac\"\nhash = \"sha256\"\nsignature = [\"header:x-acme-signature\"]\nprefix = \"\"\nencoding = \"hex\"\nsigned = \"{body}\"\nkey = { strip = [], decode = \"utf8\" }";
    assert_eq!(shown, format!("{:?}", read(whole).provider.scheme));
}

#[test]
fn what_no_row_has_yet_is_read_as_the_vocabulary_has_it() {
    const BATCH: Scheme = Scheme::hmac(&[Field::Json("/sig")], "", Encoding::Base64)
        .by(Kind::Rsa(&[Hash::Sha384, Hash::Sha512]))
        .keyed(&["key:"], Encoding::SpkiRsa)
        .over("{timestamp}{json:/id}")
        .at(&[Field::Header("date")], Unit::HttpDate, 60)
        .each("/items");
    let words = "kind = \"rsa\"\nhash = [\"sha384\", \"sha512\"]\nsignature = \"json:/sig\"\nencoding = \"base64\"\nsigned = \"{timestamp}{json:/id}\"\ntimestamp = { place = \"header:Date\", unit = \"http-date\", tolerance_s = 60 }\neach = \"/items\"\nkey = { strip = \"key:\" }\ncovers_body = false";
    assert_eq!(format!("{:?}", read(words).provider.scheme), format!("{BATCH:?}"));
}

#[test]
fn basic_authentication_is_a_token_in_its_header() {
    let basic = webhook::provider::by_name("chargebee").unwrap();
    assert_eq!(format!("{:?}", read("kind = \"basic\"").provider.scheme), format!("{:?}", basic.scheme));
}

#[test]
fn a_kind_with_its_hash_behind_it_is_told_to_be_two_keys() {
    for (kind, hash) in [("hmac-sha256", "sha256"), ("hmac_sha1", "sha1"), ("hmac-sha-512", "sha512")] {
        let expected = format!("line 6: kind: {kind:?} is two keys here, kind = \"hmac\" and hash = {hash:?}");
        check(&format!("{SIGNATURE}kind = {kind:?}"), &[&expected]);
    }
    let expected = "line 6: unknown kind \"hmac-md5\", did you mean \"hmac\"? Known: hmac, hash, ed25519, ecdsa-p256, rsa, token, basic";
    check(&format!("{SIGNATURE}kind = \"hmac-md5\""), &[expected]);
}

#[test]
fn every_mistake_in_words_is_told_at_once_with_the_nearest() {
    check(
        "kind = \"hmca\"\nsigned = \"{bodi}\"\nsignture = 1",
        &[
            "line 4: scheme has no signature, expected its place such as signature = \"header:x-signature\"",
            "line 5: unknown kind \"hmca\", did you mean \"hmac\"? Known: hmac, hash, ed25519, ecdsa-p256, rsa, token, basic",
            "line 6: signed: unknown part {bodi}, did you mean {body}? Known: {body}, {crc32}, {url}, {base}, {path}, {target}, {method}, {timestamp}, {secret}, {form_sorted}, {parameters_sorted}, and places such as {header:x-id}",
            "line 7: unknown key of scheme \"signture\", did you mean \"signature\"? Known: kind, hash, key, signature, split, prefix, encoding, signed, timestamp, body_hash, each, separator, covers_body",
        ],
    );
    check(
        "hash = \"sha257\"\nsignature = [\"header:x-sig\", \"heder:x\", 7]\nsplit = \", \"\nprefix = 1\nencoding = \"bas64\"\nsigned = \"{bodi}\"\nbody_hash = \"x\"\ncovers_body = 0\nkey = { strip = [\"\", \"key_*\"], decode = \"zzz\", from = 1 }\n[acme.scheme.timestamp]\nplaces = 1\nunit = \"sec\"\ntolerance_s = 0",
        &[
            "line 5: unknown hash \"sha257\", did you mean \"sha256\"? Known: sha1, sha256, sha384, sha512",
            "line 6: signature: \"heder:x\" is no place, did you mean \"header:x\"?",
            "line 6: signature is integer, expected a string",
            "line 7: split: expected one character such as \",\"",
            "line 8: prefix is integer, expected a string",
            "line 9: unknown encoding \"bas64\", did you mean \"base64\"? Known: hex, base64, base64url, utf8",
            "line 10: signed: unknown part {bodi}, did you mean {body}? Known: {body}, {crc32}, {url}, {base}, {path}, {target}, {method}, {timestamp}, {secret}, {form_sorted}, {parameters_sorted}, and places such as {header:x-id}",
            "line 11: body_hash: \"x\" is no place, expected \"header:NAME\", \"query:NAME\", \"json:/POINTER\" or \"form:NAME\"",
            "line 12: covers_body: expected true or false",
            "line 13: unknown key of key \"from\". Known: strip, decode",
            "line 13: key.strip: an empty text is no prefix",
            "line 13: key.strip: \"key_*\", expected one * at most, with a separator behind it as in \"signkey-*-\"",
            "line 13: unknown key.decode \"zzz\". Known: utf8, ascii, hex, base64, base64url, spki-p256, spki-rsa, jwk-p256",
            "line 14: timestamp: expected either place = \"header:NAME\", or item = \"t=\" for one in the signature's list",
            "line 15: unknown key of timestamp \"places\", did you mean \"place\"? Known: place, item, unit, tolerance_s",
            "line 16: unknown unit \"sec\", did you mean \"s\"? Known: s, ms, s-or-ms, rfc3339, http-date",
            "line 17: tolerance_s: expected a whole number from 1 to 86400",
        ],
    );
}

#[test]
fn what_stands_beside_the_scheme_is_held_to_it() {
    check_file(
        "[a]\nsecrets = [\"env:S\"]\nid = []\ntype = \"type\"\nheaders = [\"X-Topic\", \"header:x-a\", \"X-Sig\"]\naccepted = 201\nrejected = 404\nscheme = { signature = \"header:x-sig\" }",
        &[
            "line 3: id: expected at least one place such as \"header:x-id\"",
            "line 4: type: \"type\" is no place, expected \"header:NAME\", \"query:NAME\", \"json:/POINTER\" or \"form:NAME\"",
            "line 5: headers: \"header:x-a\", expected the bare name of a header: \"x-a\"",
            "line 6: accepted: expected 200 or 202 or 204",
            "line 7: rejected: expected 403 or 401",
        ],
    );
    check_file(
        "[a]\nsecrets = [\"env:S\"]\nid = \"header:X-Sig\"\nheaders = [\"X-Sig\"]\nscheme = { signature = \"header:x-sig\" }",
        &[
            "line 3: id: header:x-sig holds the signature, which goes no further",
            "line 4: headers: header:x-sig holds the signature, which goes no further",
        ],
    );
    let without_id =
        "identity = \"body\" (equal bodies are one event) or identity = \"delivery\" (each delivery counts)";
    check_file(
        "[a]\nsecrets = [\"env:S\"]\nscheme = { signature = \"header:x-sig\" }",
        &[&format!("line 1: a has no id, expected id = \"json:/id\" or such, or {without_id}")],
    );
    check_file(
        "[a]\nsecrets = [\"env:S\"]\nidentity = \"id+body\"\nscheme = { signature = \"header:x-sig\" }",
        &[&format!("line 3: identity: the events of a have no id, expected {without_id}")],
    );
}

#[test]
fn a_source_has_a_provider_or_a_scheme() {
    let expected = "line 1: a has no provider, expected provider = \"NAME\" or a scheme of its own";
    check_file("[a]\nsecrets = [\"env:S\"]", &[expected]);
    check_file(
        "[a]\nsecrets = [\"env:S\"]\nprovider = \"github\"\nscheme = { signature = \"header:x-sig\" }",
        &["line 4: a has both a provider and a scheme, expected one of them"],
    );
    check_file(
        "[a]\nsecrets = [\"env:S\"]\nprovider = \"github\"\ntype = \"json:/type\"",
        &["line 4: type stands beside a scheme only, a provider's row says its own"],
    );
    check_file(
        "[a]\nsecrets = [\"env:S\"]\nid = \"json:/id\"\nscheme = 7",
        &["line 4: scheme is integer, expected a table"],
    );
    check("", &["line 4: scheme has no signature, expected its place such as signature = \"header:x-signature\""]);
}

/// Checks a scheme of a signature in `x-sig` and these lines, the first of them line 6.
#[track_caller]
fn check_sound(lines: &str, expected: &[&str]) {
    check(&format!("{SIGNATURE}{lines}"), expected);
}

#[test]
fn a_time_is_signed_and_a_signed_time_is_there() {
    let unsigned = "timestamp: is not signed and proves nothing, expected {timestamp} in signed, outside of [brackets]";
    check_sound("timestamp = { place = \"header:x-time\" }", &[&format!("line 6: {unsigned}")]);
    check_sound(
        "signed = \"[{timestamp}{header:a}]{body}\"\ntimestamp = { place = \"header:x-time\" }",
        &[&format!("line 7: {unsigned}")],
    );
    check_sound("timestamp = { place = \"json:/time\" }", &[]);
    check_sound(
        "signed = \"{url}\"\ncovers_body = false\ntimestamp = { place = \"json:/time\" }",
        &[&format!("line 8: {unsigned}")],
    );
    check_sound(
        "signed = \"{timestamp}{body}\"",
        &[
            "line 6: signed: {timestamp} is signed, and there is no timestamp, expected timestamp = { place = \"header:NAME\" }",
        ],
    );
    check_sound(
        "signed = \"{timestamp}{body}\"\ntimestamp = { place = \"header:X-Sig\" }",
        &[
            "line 7: timestamp: place \"header:x-sig\" holds the signature, expected item = \"t=\" for a time inside of it",
        ],
    );
}

#[test]
fn a_list_can_be_taken_apart() {
    let timed = |more: &str| format!("signed = \"{{timestamp}}{{body}}\"\n{more}");
    check_sound(
        &timed("timestamp = { item = \"t=\" }"),
        &[
            "line 7: timestamp: an item stands in a list, and the signature has no split, expected split = \",\" or such",
        ],
    );
    check_sound(
        &timed("split = \",\"\ntimestamp = { item = \"t,\" }"),
        &["line 8: timestamp: item holds ',', which splits the list before"],
    );
    check_sound(
        &timed("split = \",\"\ntimestamp = { item = \"\" }"),
        &[
            "line 8: timestamp: item is blank or begins with white space, expected what the time's item begins with: \"t=\"",
        ],
    );
    check_sound(
        &timed("split = \",\"\nprefix = \"t=v1\"\ntimestamp = { item = \"t=\" }"),
        &["line 9: timestamp: item = \"t=\" begins the signature, too, expected what only the time's item begins with"],
    );
    check_sound("split = \",\"\nprefix = \"v1,\"", &["line 7: prefix: holds ',', which splits the list before"]);
    check_sound("prefix = \" v1=\"", &["line 6: prefix: begins with white space, which is cut off before"]);
    check_sound("split = \"a\"", &["line 6: split: 'a' can be part of a signature, expected what stands between two"]);
    check_sound(
        "split = \"/\"\nencoding = \"base64\"",
        &["line 6: split: '/' can be part of a signature, expected what stands between two"],
    );
    check_sound(&timed("split = \",\"\nprefix = \"v1=\"\ntimestamp = { item = \"t=\" }"), &[]);
}

#[test]
fn what_is_let_in_is_what_was_signed() {
    let nothing = "signed: covers nothing of the body, expected {body} or {form_sorted} outside of [brackets], or covers_body = false: any body would be let in beside a signature that was seen once";
    check_sound("signed = \"{url}\"", &[&format!("line 6: {nothing}")]);
    check_sound("signed = \"[{body}{header:a}]\"", &[&format!("line 6: {nothing}")]);
    check_sound("signed = \"{url}\"\ncovers_body = false", &[]);
    check_sound(
        "covers_body = false",
        &["line 6: covers_body: is false, and the body is signed, expected no such key"],
    );
    check_sound(
        "signed = \"{url}\"\nbody_hash = \"header:x-hash\"",
        &["line 7: body_hash: header:x-hash is not signed, expected {header:x-hash} in signed, outside of [brackets]"],
    );
    check_sound(
        "signed = \"{url}\"\nbody_hash = \"query:hash\"",
        &["line 7: body_hash: query:hash is not signed, expected {query:hash} in signed, outside of [brackets]"],
    );
    check_sound(
        "body_hash = \"json:/hash\"",
        &["line 6: body_hash: no body holds its own hash, expected a place such as \"query:NAME\""],
    );
    check_sound("signed = \"{path}{header:X-Hash}\"\nbody_hash = \"header:x-hash\"", &[]);
    check_sound("signed = \"{url}{form_sorted}\"\nbody_hash = \"query:hash\"", &[]);
}

#[test]
fn what_covers_less_than_the_body_says_so() {
    check_sound(
        "each = \"/items\"",
        &[
            "line 6: each: items are signed one by one, so that they can be mixed anew, and nothing around them is, expected covers_body = false to say so",
        ],
    );
    check_sound("each = \"/items\"\ncovers_body = false", &[]);
    check_sound(
        "each = \"items\"\ncovers_body = false",
        &["line 6: each: \"items\", expected a JSON pointer such as \"/items\" (RFC 6901), or \"\" for the whole"],
    );
    check_sound("signed = \"{header:x-id}{crc32}\"\ncovers_body = false", &[]);
    let told = sources::parse(&text(&format!("{SIGNATURE}signed = \"{{crc32}}\""))).unwrap_err();
    assert!(
        told[0].message.starts_with("signed: covers nothing of the body"),
        "a checksum vouches for nothing: {told:?}"
    );
}

#[test]
fn no_signature_covers_itself() {
    let itself = |place: &str| format!("covers {place}, where the signature itself lies, so that none can ever fit");
    let wrong = |place: &str, signed: &str| {
        let told = format!("line 6: signed: {}", itself(place));
        check(&format!("signature = \"{place}\"\nsigned = \"{signed}\""), &[&told]);
    };
    wrong("json:/sig", "{body}");
    wrong("form:sig", "{form_sorted}");
    wrong("query:sig", "{url}{body}");
    wrong("header:x-sig", "{header:X-Sig}{body}");
    check("signature = \"json:/sig\"\nsigned = \"{json:/token}\"\ncovers_body = false", &[]);
}

#[test]
fn keys_and_signatures_are_written_as_their_kind_has_them() {
    check_sound(
        "encoding = \"utf8\"",
        &["line 6: encoding: a signature of kind \"hmac\" is bytes, expected \"hex\", \"base64\" or \"base64url\""],
    );
    check_sound(
        "kind = \"ed25519\"",
        &["line 4: key: how is the public key written? expected key = { decode = \"hex\" } or \"base64\""],
    );
    check_sound(
        "kind = \"ed25519\"\nhash = \"sha512\"\nkey.decode = \"hex\"",
        &["line 7: hash: the kind says which, expected no such key"],
    );
    check_sound(
        "kind = \"ed25519\"\nkey = { decode = \"utf8\" }",
        &["line 7: key: decode = \"utf8\" makes no key of kind \"ed25519\", expected one of hex, base64, base64url"],
    );
    check_sound(
        "kind = \"ecdsa-p256\"\nkey = { decode = \"utf8\" }",
        &[
            "line 7: key: decode = \"utf8\" makes no key of kind \"ecdsa-p256\", expected one of spki-p256, jwk-p256, hex, base64, base64url",
        ],
    );
    check_sound(
        "key = { decode = \"spki-p256\" }",
        &[
            "line 6: key: decode = \"spki-p256\" makes no key of kind \"hmac\", expected one of utf8, ascii, hex, base64, base64url",
        ],
    );
    check_sound(
        "kind = \"rsa\"\nhash = [\"sha256\", \"md5\"]",
        &["line 7: hash: unknown hash \"md5\". Known: sha1, sha256, sha384, sha512"],
    );
    check_sound("kind = \"rsa\"\nhash = []", &["line 7: hash: expected at least one such as \"sha256\""]);
    check_sound("kind = \"rsa\"\nhash = [\"sha256\", \"sha512\"]\nencoding = \"base64\"", &[]);
    check_sound("kind = \"ecdsa-p256\"\nencoding = \"base64\"", &[]);
}

#[test]
fn a_bare_hash_has_the_secret_in_it_and_nothing_else_has() {
    check_sound(
        "kind = \"hash\"",
        &["line 4: signed: a bare hash without {secret} can be made by anybody, expected it outside of [brackets]"],
    );
    check_sound(
        "kind = \"hash\"\nsigned = \"[{secret}{header:a}]{body}\"",
        &["line 7: signed: a bare hash without {secret} can be made by anybody, expected it outside of [brackets]"],
    );
    check_sound(
        "kind = \"rsa\"\nsigned = \"{secret}{body}\"",
        &["line 7: signed: {secret} is signed, and kind \"rsa\" has a public key, expected no such part"],
    );
    check_sound("signed = \"{secret}{body}\"", &[]);
    check_sound("kind = \"hash\"\nhash = \"sha1\"\nsigned = \"{body}{secret}\"", &[]);
}

#[test]
fn a_token_signs_nothing() {
    check_sound(
        "kind = \"token\"\nsigned = \"{body}\"\ntimestamp = {}\ncovers_body = false",
        &[
            "line 7: signed: a token signs nothing, expected no such key",
            "line 8: timestamp: a token signs nothing, expected no such key",
            "line 8: timestamp: expected either place = \"header:NAME\", or item = \"t=\" for one in the signature's list",
            "line 9: covers_body: a token signs nothing, expected no such key",
        ],
    );
    check(
        "kind = \"basic\"\nsignature = \"header:authorization\"",
        &[
            "line 6: signature: basic authentication stands in the header authorization and signs nothing, its secret is \"user:password\", expected no such key",
        ],
    );
    check("kind = \"token\"\nsignature = \"header:authorization\"\nprefix = \"Bearer \"", &[]);
}
