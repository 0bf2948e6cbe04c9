//! What `sources.toml` may say, and how its mistakes are told.

use super::*;
use crate::destination::{Address, Endpoint};

#[track_caller]
fn check_mistakes(text: &str, expected: &[&str]) {
    let mistakes = parse(text).unwrap_err();
    assert_eq!(mistakes.iter().map(Mistake::to_string).collect::<Vec<_>>(), expected);
}

#[test]
fn what_is_left_out_has_a_default() {
    let sources = parse("[a]\nprovider = \"github\"\nsecrets = [\"env:A\", \"ssm:/{stage}/b\"]\n").unwrap();
    let [source] = &sources[..] else { panic!("{sources:?}") };
    assert_eq!((source.name.as_str(), source.provider.name), ("a", "github"));
    assert_eq!(source.secrets, [SecretPlace::Env("A".into()), SecretPlace::Ssm("/{stage}/b".into())]);
    assert_eq!(
        (source.identity, &source.destinations[..], source.window_days),
        (Mode::Id, &[Destination::Table][..], 35)
    );
    assert_eq!((source.contract.of(Some("push")), source.strict_ids), (None, false));
}

#[test]
fn a_contract_is_a_file_under_contracts() {
    let text = |contract: &str| {
        format!("[a]\nprovider = \"github\"\nsecrets = [\"env:A\"]\ncontract = {contract}\n[b]\nprovider = 7")
    };
    let wrong = |contract: &str, expected: &str| {
        let told = parse(&text(contract)).unwrap_err();
        assert_eq!(told[0].to_string(), format!("line 4: {expected}"));
        assert!(told.len() > 1, "with the other mistakes: {told:?}");
    };
    wrong("7", "contract is integer, expected a string");
    wrong(
        "\"contracts/../a.json\"",
        "contract \"contracts/../a.json\", expected \"contracts/NAME.json\": a file of the checkout, in a-z, A-Z, 0-9, '.', '_' and '-'",
    );
    let good = text("\"contracts/a.json\"");
    let sources = parse(good.split("[b]").next().unwrap()).unwrap();
    assert_eq!(sources[0].contract.of(None), Some("contracts/a.json"));
}

#[test]
fn a_destination_is_here_or_at_a_url() {
    let text = |destination: &str| {
        format!("[a]\nprovider = \"github\"\nsecrets = [\"env:A\"]\ndestination = \"{destination}\"")
    };
    for (written, destination) in [
        ("table", Destination::Table),
        ("handler", Destination::Handler),
        ("env:ORDERS_URL", Destination::Https(Endpoint::new(Address::Env("ORDERS_URL".into())))),
        ("https://a.example/x", Destination::Https(Endpoint::new(Address::Url("https://a.example/x".into())))),
    ] {
        assert_eq!(parse(&text(written)).unwrap()[0].destinations, [destination]);
    }
    for wrong in ["tables", "env:", "env:lower", "http://a.example", "https://me:hunter2@a.example"] {
        let told = parse(&text(wrong)).unwrap_err()[0].to_string();
        assert!(told.starts_with("line 4: destination: expected \"table\", ") && !told.contains("hunter2"), "{told}");
    }
}

#[test]
fn every_mistake_is_told_with_its_line() {
    check_mistakes(
        "[Git_Hub]\nprovider = \"gihub\"\nsecret = [\"env:A\"]\n[b]\nprovider = 7\nsecrets = [\"hunter2\"]\nwindow_days = 27\nidentity = \"ids\"",
        &[
            "line 1: source name \"Git_Hub\", expected 1 to 64 of a-z, 0-9 and -",
            "line 1: Git_Hub has no secrets, expected a list such as [\"env:NAME\"]",
            "line 2: unknown provider \"gihub\", did you mean \"github\"? docs/providers.md lists them, docs/custom-schemes.md says how to describe another",
            "line 3: unknown key \"secret\", did you mean \"secrets\"? Known: provider, secrets, identity, strict_ids, contract, filter, map, map_file, entity, order_by, destination, window_days, keep_body_days, rate_per_s, burst, split, group, confirm, scheme, id, type, headers, redact, accepted, rejected",
            "line 5: provider is integer, expected a string",
            "line 6: secrets: expected \"env:NAME\" with a NAME of A-Z, 0-9 and _, or \"ssm:/PATH/NAME\" of letters, digits, '.', '-' and '_', with {stage} for the stage, never the secret itself",
            "line 7: window_days: expected a whole number from 28 to 3650",
            "line 8: unknown identity \"ids\", did you mean \"id\"? Known: id, body, id+body, delivery",
        ],
    );
    check_mistakes("", &["line 1: no source at all, expected at least one table such as [github]"]);
}

#[test]
fn a_file_that_is_no_toml_is_told_with_its_line() {
    let mistakes = parse("[a]\nprovider = \n").unwrap_err();
    assert_eq!(mistakes.iter().map(|mistake| mistake.line).collect::<Vec<_>>(), [2], "{mistakes:?}");
}

#[test]
fn a_table_that_is_there_twice_is_told_once() {
    let twice =
        "[a]\nprovider = \"github\"\nsecrets = [\"env:A\"]\n[a]\nprovider = \"github\"\nsecrets = [\"env:A\"]\n";
    check_mistakes(twice, &["line 4: duplicate key a"]);
    let more = format!("{twice}[b]\nsecrets = 1\nsecrets = 2\n");
    check_mistakes(&more, &["line 4: duplicate key a", "line 9: duplicate key secrets"]);
}

#[test]
fn a_provider_without_ids_is_not_asked_for_them() {
    let text =
        |identity: &str| format!("[a]\nprovider = \"discord\"\nsecrets = [\"env:A\"]\nidentity = \"{identity}\"\n");
    for identity in ["id", "id+body"] {
        check_mistakes(
            &text(identity),
            &[
                "line 4: identity: the events of discord have no id, expected identity = \"body\" (equal bodies are one event) or identity = \"delivery\" (each delivery counts)",
            ],
        );
    }
    assert_eq!(parse(&text("delivery")).unwrap()[0].identity, Mode::Delivery);
}

#[test]
fn sources_survive_the_way_into_a_binary() {
    let sources = parse(
        "[a]\nprovider = \"twilio\"\nsecrets = [\"env:A\", \"ssm:/{stage}/b\"]\nwindow_days = 40\nsplit = {items = \"/a\", id = \"json:/b\"}\ncontract = \"contracts/a.json\"\nheaders = [\"x-a\"]\nredact = [\"/c/*/d~1e\"]\nkeep_body_days = 40",
    )
    .unwrap();
    let read = super::super::from_json(&super::super::to_json(&sources)).unwrap();
    assert_eq!(format!("{read:?}"), format!("{sources:?}"));
    // What a row knows of its batches travels, too, ids of several fields among it.
    for (row, batch) in provider::ALL.iter().filter_map(|row| Some((row, row.batch?))) {
        let (name, items) = (row.name, batch.items);
        let text = format!("[a]\nprovider = \"{name}\"\nsecrets = [\"env:A\"]\nsplit = \"{items}\"");
        let read = super::super::from_json(&super::super::to_json(&parse(&text).unwrap())).unwrap();
        assert_eq!(format!("{:?}", read[0].split), format!("{:?}", row.batch), "{name}");
    }
}

#[test]
fn what_is_kept_does_not_outlive_the_row_of_its_event() {
    let text = |more: &str| format!("[a]\nprovider = \"github\"\nsecrets = [\"env:A\"]\n{more}");
    let read = |more: &str| parse(&text(more)).unwrap().remove(0).keep_body_days;
    assert_eq!([read(""), read("keep_body_days = 0"), read("keep_body_days = 35")], [0, 0, 35]);
    assert_eq!(read("keep_body_days = 400\nwindow_days = 400"), 400);
    check_mistakes(&text("keep_body_days = 36"), &["line 4: keep_body_days: expected a whole number from 0 to 35"]);
    let longer = text("keep_body_days = -1\nwindow_days = 40");
    check_mistakes(&longer, &["line 4: keep_body_days: expected a whole number from 0 to 40"]);
}

#[test]
fn a_source_may_have_several_destinations_with_names_of_their_own() {
    let text =
        |destination: &str| format!("[a]\nprovider = \"github\"\nsecrets = [\"env:A\"]\ndestination = {destination}");
    let several = "[\"table\", \"https://a.example/x\", { name = \"crm\", url = \"env:CRM_URL\" }]";
    let read = parse(&text(several)).unwrap();
    let names: Vec<&str> = read[0].destinations.iter().map(Destination::name).collect();
    assert_eq!(names, ["table", "https", "https:crm"]);
    for (wrong, expected) in [
        ("[]", "line 4: destination: expected at least one, such as [\"table\"]"),
        (
            "[\"table\", \"table\"]",
            "line 4: destination: two are called \"table\", expected names of their own: { name = \"NAME\", url = \"...\" }",
        ),
        ("{ name = \"A\", url = \"env:A\" }", "line 4: name \"A\", expected 1 to 64 of a-z, 0-9 and -"),
    ] {
        check_mistakes(&text(wrong), &[expected]);
    }
}
