//! Which URL a subscription to an SNS topic may have visited, of messages that are truly signed.

use serde_json::json;
use webhook::provider::by_name;
use webhook::secret::Secrets;
use webhook::sign::{self, test_document, test_secret};
use webhook::{Rejection, Request, verify_with};

const NOW_MS: u64 = 1_760_000_000_000;

/// What is to be visited for a message of this type that names this URL.
fn visited(kind: &str, url: Option<&str>) -> Result<Option<String>, Rejection> {
    let sns = by_name("aws-sns").expect("SNS has a row");
    let secrets = Secrets::parse(&test_secret(sns), &sns.scheme.key).expect("a key");
    let message = json!({
        "Type": kind, "MessageId": "1", "Token": "2336", "TopicArn": "", "Message": "Subscribe?", "SubscribeURL": url,
        "Timestamp": "", "SignatureVersion": "", "Signature": "", "SigningCertURL": "",
    });
    let body = message.to_string().into_bytes();
    let request = Request { method: "POST", url: "/", headers: &[], body: &body };
    let body = sign::body(&sns.scheme, &secrets, &request, NOW_MS)
        .expect("all places are there")
        .expect("it is signed in the body");
    let request = Request { body: &body, ..request };
    let document = test_document(sns);
    let documents = |_: &str| document.as_deref().map(str::as_bytes);
    let delivery = verify_with(&sns.scheme, &secrets, &documents, &request, NOW_MS).expect("we have signed it");
    sns.confirmation.expect("SNS asks for one").url(&delivery)
}

#[test]
fn a_subscription_is_confirmed_at_sns_itself() {
    for host in ["sns.eu-central-1.amazonaws.com", "sns.cn-north-1.amazonaws.com.cn"] {
        let url = format!("https://{host}/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:x:1:t&Token=2336");
        assert_eq!(visited("SubscriptionConfirmation", Some(&url)), Ok(Some(url.clone())));
        for kind in ["Notification", "UnsubscribeConfirmation"] {
            assert_eq!(visited(kind, Some(&url)), Ok(None), "{kind}: nobody subscribes again");
        }
    }
}

#[test]
fn nothing_else_is_visited() {
    let foreign = || Err(Rejection::ForeignPlace { field: "json:/SubscribeURL".to_owned() });
    for url in [
        "http://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=2336",
        "https://sns.eu-central-1.amazonaws.com.evil.example/?Action=ConfirmSubscription&Token=2336",
        "https://sns.eu-central-1.amazonaws.com@evil.example/?Action=ConfirmSubscription&Token=2336",
        "https://sns.eu-central-1.amazonaws.com:8443/?Action=ConfirmSubscription&Token=2336",
        "https://sns.eu-central-1.amazonaws.com/?Action=DeleteTopic&Token=2336",
        "https://sns.eu-central-1.amazonaws.com/x?Action=ConfirmSubscription&Token=2336",
        "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=2336\rx: y",
        "https://s3.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=2336",
        "https://169.254.169.254/?Action=ConfirmSubscription&Token=2336",
    ] {
        assert_eq!(visited("SubscriptionConfirmation", Some(url)), foreign(), "{url}");
    }
    let missing = Err(Rejection::Missing("json:/SubscribeURL".to_owned()));
    assert_eq!(visited("SubscriptionConfirmation", None), missing);
}
