//! Providers that sign with an RSA key, its public part in a certificate or shown in their documentation.

use super::{Confirmed, Provider, ROW};
use crate::confirmation::Confirmation;
use crate::document::Document;
use crate::field::Field::{Header, Json};
use crate::scheme::{Encoding, Hash, Kind, Scheme, Unit};

/// Where SNS shows its certificates. The regions stand here by their beginnings, because somebody's bucket of the name
/// `sns` answers at `sns.s3.amazonaws.com`.
const SNS_CERTIFICATES: [&str; 10] = [
    "sns.af-*.amazonaws.com/SimpleNotificationService-*.pem",
    "sns.ap-*.amazonaws.com/SimpleNotificationService-*.pem",
    "sns.ca-*.amazonaws.com/SimpleNotificationService-*.pem",
    "sns.eu-*.amazonaws.com/SimpleNotificationService-*.pem",
    "sns.il-*.amazonaws.com/SimpleNotificationService-*.pem",
    "sns.me-*.amazonaws.com/SimpleNotificationService-*.pem",
    "sns.mx-*.amazonaws.com/SimpleNotificationService-*.pem",
    "sns.sa-*.amazonaws.com/SimpleNotificationService-*.pem",
    "sns.us-*.amazonaws.com/SimpleNotificationService-*.pem",
    "sns.cn-*.amazonaws.com.cn/SimpleNotificationService-*.pem",
];
/// Where SNS has subscriptions confirmed.
const SNS_CONFIRMATIONS: [&str; 10] = [
    "sns.af-*.amazonaws.com/?Action=ConfirmSubscription&",
    "sns.ap-*.amazonaws.com/?Action=ConfirmSubscription&",
    "sns.ca-*.amazonaws.com/?Action=ConfirmSubscription&",
    "sns.eu-*.amazonaws.com/?Action=ConfirmSubscription&",
    "sns.il-*.amazonaws.com/?Action=ConfirmSubscription&",
    "sns.me-*.amazonaws.com/?Action=ConfirmSubscription&",
    "sns.mx-*.amazonaws.com/?Action=ConfirmSubscription&",
    "sns.sa-*.amazonaws.com/?Action=ConfirmSubscription&",
    "sns.us-*.amazonaws.com/?Action=ConfirmSubscription&",
    "sns.cn-*.amazonaws.com.cn/?Action=ConfirmSubscription&",
];

/// docs.aws.amazon.com "Verifying the signatures of Amazon SNS messages"; `sns-validator`. The secret is the topic's
/// ARN: anybody may have a topic, and SNS signs for all of them. A topic signs by SHA-1 unless its `SignatureVersion` is
/// set to 2, which is SHA-256: [`AWS_SNS_SHA256`] takes nothing else. What is signed is lines, and of all parts the message
/// alone may hold several. A message that is delivered raw has no signature at all, so that must be off. Retries carry the first
/// attempt's time for an hour.
pub(super) const AWS_SNS: Provider = Provider {
    name: "aws-sns",
    secret_is: "the topic's ARN",
    scheme: Scheme::hmac(&[Json("/Signature")], "", Encoding::Base64)
        .by(Kind::Rsa(&[Hash::Sha1, Hash::Sha256]))
        .versioned(Json("/SignatureVersion"), &[("2", Kind::Rsa(&[Hash::Sha256])), ("1", Kind::Rsa(&[Hash::Sha1]))])
        .separated_by('\n', Some(Json("/Message")))
        .over(
            "Message\n{json:/Message}\nMessageId\n{json:/MessageId}\n[Subject\n{json:/Subject}\n]\
             [SubscribeURL\n{json:/SubscribeURL}\n]Timestamp\n{timestamp}\n[Token\n{json:/Token}\n]\
             TopicArn\n{json:/TopicArn}\nType\n{json:/Type}\n",
        )
        .at(&[Json("/Timestamp")], Unit::Rfc3339, 7_200)
        .in_document(Document::Certificate { url: Json("/SigningCertURL"), places: &SNS_CERTIFICATES })
        .naming(Json("/TopicArn")),
    id: &[Json("/MessageId")],
    event_type: &[Json("/Type")],
    confirmation: Some(Confirmation {
        when: (Json("/Type"), "SubscriptionConfirmation"),
        url: Json("/SubscribeURL"),
        places: &SNS_CONFIRMATIONS,
    }),
    headers: &["x-amz-sns-message-type", "x-amz-sns-subscription-arn", "x-amz-sns-topic-arn"],
    confirmed: Confirmed::Sdk,
    ..ROW
};

/// The same for topics whose `SignatureVersion` is 2: a signature by SHA-1 is refused.
pub(super) const AWS_SNS_SHA256: Provider = Provider {
    name: "aws-sns-sha256",
    scheme: AWS_SNS
        .scheme
        .by(Kind::Rsa(&[Hash::Sha256]))
        .versioned(Json("/SignatureVersion"), &[("2", Kind::Rsa(&[Hash::Sha256]))]),
    ..AWS_SNS
};

/// developer.paypal.com "Integrate webhooks, Self verification method". The secret is the webhook's id, which is no
/// secret: it says for whom PayPal has signed. The body is bound by its CRC-32 alone, and another body of the same
/// CRC-32 is easily made: whoever captured one request can put a body of his own under it, and a handler that moves
/// money asks the API first. Retries go on for three days, and whether they are signed anew is not said, so four are
/// tolerated.
pub(super) const PAYPAL: Provider = Provider {
    name: "paypal",
    secret_is: "the webhook's id",
    scheme: Scheme::hmac(&[Header("paypal-transmission-sig")], "", Encoding::Base64)
        .by(Kind::Rsa(&[Hash::Sha256]))
        .over("{header:paypal-transmission-id}|{timestamp}|{secret}|{crc32}")
        .at(&[Header("paypal-transmission-time")], Unit::Rfc3339, 345_600)
        .in_document(Document::Certificate {
            url: Header("paypal-cert-url"),
            places: &["api.paypal.com/v1/notifications/certs/*", "api.sandbox.paypal.com/v1/notifications/certs/*"],
        }),
    id: &[Json("/id")],
    event_type: &[Json("/event_type")],
    headers: &["paypal-transmission-id"],
    ..ROW
};

/// `pywisetransfer`, `webhooks.py`. The secret is Wise's public key, of its live system or of its sandbox, which signs
/// for all of Wise's customers: a handler looks at whose profile an event is of. Beside
/// this signature Wise sends an old one by SHA-1 (`X-Signature`), which is not looked at. The id is no part of what
/// is signed.
pub(super) const WISE: Provider = Provider {
    name: "wise",
    secret_is: "Wise's public key",
    scheme: Scheme::hmac(&[Header("x-signature-sha256")], "", Encoding::Base64)
        .by(Kind::Rsa(&[Hash::Sha256]))
        .keyed(&[], Encoding::SpkiRsa),
    id: &[Header("x-delivery-id")],
    event_type: &[Json("/event_type")],
    headers: &["x-delivery-id", "x-test-notification"],
    confirmed: Confirmed::ThirdParty,
    ..ROW
};
