//! What providers are answered who ask whether we are there, and those who send bad signatures to see.

use webhook::Request;
use webhook::handshake::{Answer, Handshake};
use webhook::provider::{self, Provider};
use webhook::secret::Secrets;
use webhook::sign::test_secret;

const URL: &str = "https://hooks.example.com/hooks/source";

fn named(name: &str) -> &'static Provider {
    provider::by_name(name).unwrap_or_else(|| panic!("no provider is called {name}"))
}

/// The first handshake of a provider that a request is, and its answer.
fn answer(name: &str, request: &Request<'_>) -> Option<(&'static Handshake, Answer)> {
    let provider = named(name);
    let secrets = Secrets::parse(&test_secret(provider), &provider.scheme.key).expect("a key");
    let handshake = provider.handshakes.iter().find(|handshake| handshake.is(request))?;
    Some((handshake, handshake.answer(request, &secrets, 0).expect("it has what the answer needs")))
}

/// Checks a POST that the provider signs: its status and body.
#[track_caller]
fn check_signed(name: &str, body: &str, status: u16, answered: &str) {
    let request = Request { method: "POST", url: URL, headers: &[], body: body.as_bytes() };
    let (handshake, answer) = answer(name, &request).expect("a handshake");
    assert!(handshake.signed, "{name}");
    assert_eq!((answer.status, answer.body.as_str()), (status, answered), "{name}");
}

/// Checks a request that carries no signature: its body, answered with 200.
#[track_caller]
fn check_unsigned(name: &str, method: &str, url: &str, header: Option<(&str, &str)>, answered: &str) {
    let headers: Vec<_> = header.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let (handshake, answer) =
        answer(name, &Request { method, url, headers: &headers, body: b"" }).expect("a handshake");
    assert!(!handshake.signed, "{name}");
    assert_eq!((answer.status, answer.body.as_str()), (200, answered), "{name}");
}

/// Checks that a request is no handshake.
#[track_caller]
fn check_none(name: &str, method: &str, body: &str) {
    let request = Request { method, url: URL, headers: &[], body: body.as_bytes() };
    assert!(answer(name, &request).is_none(), "{name}");
}

#[test]
fn discord_pings_are_answered_as_each_of_its_endpoints_wants() {
    check_signed("discord", r#"{"type":0,"version":1}"#, 204, "");
    check_signed("discord-interactions", r#"{"type":1,"token":"t"}"#, 200, r#"{"type":1}"#);
    // What is a ping at one endpoint is an event at the other.
    check_none("discord", "POST", r#"{"type":1,"event":{}}"#);
    check_none("discord-interactions", "POST", r#"{"type":2}"#);
}

#[test]
fn a_figma_ping_is_no_event() {
    check_signed("figma", r#"{"event_type":"PING","passcode":"p"}"#, 200, "");
    check_none("figma", "POST", r#"{"event_type":"FILE_UPDATE","passcode":"p"}"#);
}

#[test]
fn trello_and_mandrill_look_whether_the_url_is_there() {
    for name in ["trello", "mandrill"] {
        check_unsigned(name, "HEAD", URL, None, "");
        check_none(name, "POST", "");
        check_none(name, "GET", "");
    }
}

#[test]
fn okta_gets_its_challenge_back_in_json() {
    let challenge = Some(("X-Okta-Verification-Challenge", "q\"8T3z"));
    check_unsigned("okta", "GET", URL, challenge, r#"{"verification":"q\"8T3z"}"#);
    check_none("okta", "GET", "");
}

#[test]
fn microsoft_graph_gets_its_token_back_decoded_and_as_text() {
    let url = format!("{URL}?validationToken=Validation%3A+a%2Bb");
    check_unsigned("microsoft-graph", "POST", &url, None, "Validation: a+b");
    check_none("microsoft-graph", "POST", r#"{"value":[]}"#);
}

#[test]
fn meta_and_onfleet_get_their_challenges_back() {
    let url = format!("{URL}?hub.mode=subscribe&hub.verify_token=t&hub.challenge=1158201444");
    check_unsigned("meta", "GET", &url, None, "1158201444");
    check_none("meta", "GET", "");
    check_unsigned("onfleet", "GET", &format!("{URL}?check=gate%207"), None, "gate 7");
    check_none("onfleet", "POST", r#"{"triggerId":3}"#);
}

#[test]
fn dropbox_gets_its_challenge_back_as_text_that_no_browser_takes_for_a_page() {
    let url = format!("{URL}?challenge=tide%20%3Cb%3E");
    check_unsigned("dropbox", "GET", &url, None, "tide <b>");
    let request = Request { method: "GET", url: &url, headers: &[], body: b"" };
    let (_, answer) = answer("dropbox", &request).expect("a handshake");
    let headers = [("content-type", "text/plain"), ("x-content-type-options", "nosniff")];
    assert_eq!(answer.headers, headers.map(|(name, value)| (name, value.to_owned())));
    check_none("dropbox", "GET", "");
    check_none("dropbox", "POST", r#"{"list_folder":{"accounts":[]}}"#);
}

#[test]
fn event_grid_gets_its_code_back_for_a_first_event_and_leave_for_cloud_events() {
    let headers = [("aeg-event-type".to_owned(), "SubscriptionValidation".to_owned())];
    let body = br#"[{"id":"1","eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","data":{"validationCode":"512D-38C6"}}]"#;
    let first = Request { method: "POST", url: URL, headers: &headers, body };
    let (handshake, reply) = answer("azure-event-grid", &first).expect("a handshake");
    assert!(handshake.signed);
    assert_eq!((reply.status, reply.body.as_str()), (200, r#"{"validationResponse":"512D-38C6"}"#));
    check_none("azure-event-grid", "POST", r#"[{"id":"1","eventType":"Microsoft.Storage.BlobCreated"}]"#);

    let headers = [("WebHook-Request-Origin".to_owned(), "eventgrid.azure.net".to_owned())];
    let asks = Request { method: "OPTIONS", url: URL, headers: &headers, body: b"" };
    let (handshake, reply) = answer("azure-event-grid", &asks).expect("a handshake");
    assert!(!handshake.signed);
    let leave = [("webhook-allowed-origin", "eventgrid.azure.net"), ("webhook-allowed-rate", "*")];
    let leave = leave.map(|(name, value)| (name, value.to_owned())).to_vec();
    assert_eq!(reply, Answer { status: 200, headers: leave, body: String::new() });
    check_none("azure-event-grid", "OPTIONS", "");
}

#[test]
fn surveymonkey_looks_whether_the_url_is_there() {
    check_unsigned("surveymonkey", "HEAD", URL, None, "");
    check_none("surveymonkey", "POST", "{}");
}

#[test]
fn asana_gets_the_secret_of_a_new_webhook_back_where_it_was() {
    let headers = [("X-Hook-Secret".to_owned(), "b537207f20cbfa02".to_owned())];
    let request = Request { method: "POST", url: URL, headers: &headers, body: b"{}" };
    let (handshake, answer) = answer("asana", &request).expect("a handshake");
    assert!(!handshake.signed);
    let echoed = vec![("x-hook-secret", "b537207f20cbfa02".to_owned())];
    assert_eq!(answer, Answer { status: 200, headers: echoed, body: String::new() });
    check_none("asana", "POST", r#"{"events":[]}"#);
}

#[test]
fn a_woocommerce_ping_is_a_form_and_an_event_is_not() {
    let headers = [("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
    let ping = Request { method: "POST", url: URL, headers: &headers, body: b"webhook_id=7" };
    let (handshake, answer) = answer("woocommerce", &ping).expect("a handshake");
    assert_eq!((handshake.signed, answer.status, answer.body.as_str()), (false, 200, ""));
    check_none("woocommerce", "POST", r#"{"id":727,"webhook_id":7}"#);
}

#[test]
fn who_probes_with_bad_signatures_gets_the_status_that_it_wants() {
    assert_eq!(named("discord").rejected, 401);
    assert_eq!(named("discord-interactions").rejected, 401);
    assert_eq!(named("xero").rejected, 401);
    assert_eq!(named("github").rejected, 403);
}

#[test]
fn braintree_gets_its_challenge_signed_and_nothing_else() {
    let asks = |challenge: &str| {
        let url = format!("{URL}?bt_challenge={challenge}");
        let request = Request { method: "GET", url: &url, headers: &[], body: b"" };
        let provider = named("braintree");
        let secrets =
            Secrets::parse("integration_public_key|integration_private_key", &provider.scheme.key).expect("a key");
        let handshake = provider.handshakes.iter().find(|handshake| handshake.is(&request)).expect("a handshake");
        handshake.answer(&request, &secrets, 0).map(|answer| answer.body)
    };
    // braintree 3.40.0 (npm), WebhookNotificationGateway.verify
    let answered = "integration_public_key|d9b899556c966b3f06945ec21311865d35df3ce4";
    assert_eq!(asks("20f9f8ed05f77439fe955c977e4c8a53").as_deref(), Some(answered));
    for other in [
        "20f9f8ed05f77439fe9",
        "20f9f8ed05f77439fe955c977e4c8a531",
        "20F9F8ED05F77439FE955C977E4C8A53",
        "PHhtbD48L3htbD4K0000000000",
        "20f9f8ed05f77439fe955c977e4c8a5%0A",
    ] {
        assert_eq!(asks(other), None, "{other}");
    }
    check_none("braintree", "POST", "bt_signature=a%7Cb&bt_payload=PHhtbD4");
}
